import { randomUUID } from 'node:crypto';
import type { Actor } from '../domain/access/actor.js';
import { graphAddresses } from '../domain/authentication-profile/national-cloud.js';
import { CommandRefused, refuse, type Problem } from '../domain/decider.js';
import type { ConnectionTestResult, ConnectionTestStage } from '../domain/email-account/connection-test.js';
import { draftedAccount } from '../domain/email-account/draft.js';
import { receiverEndpoint, senderEndpoint } from '../domain/email-account/endpoint.js';
import { isStale } from '../domain/email-account/snapshot.js';
import type { PresentAccount } from '../domain/email-account/state.js';
import type { Attempt } from '../domain/security-log/events.js';
import { checkEmailAddress } from '../domain/text/email-address.js';
import type { ReceiverSubject, SenderSubject, TestMail, TestSubject } from '../mail/mail-port.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import type { SecretValue } from '../secret-store/secret-value.js';
import type { AccountHistory } from './account-history.js';
import { AccountSecrets, type EnteredPasswords } from './account-secrets.js';
import type { Call } from './change.js';
import type { CommandHandler } from './command-handler.js';
import type { ConnectionSubjects } from './connection-subjects.js';
import type { EmailAccountCommands } from './email-account-commands.js';
import type { ReceiverInputForm, SenderInputForm, TestConnection } from './email-account-inputs.js';
import { placedInInput } from './placed-in-input.js';
import type { RateLimit } from './rate-limit.js';
import { directionsToTest, refuseTokensElsewhere } from './test-subject.js';

/** A connection test as its caller sees it: of a saved account, or of a draft, which is stored nowhere. */
export interface AccountConnectionTest extends ConnectionTestResult {
  readonly accountId: string | null;
  /** The account's version whose settings were tested; null for a draft. */
  readonly accountVersion: number | null;
  /** The account's version after the test was recorded; null for a draft. */
  readonly recordedAtVersion: number | null;
  readonly stale: boolean;
  readonly startedBy: Actor;
}

export interface ConnectionTested {
  readonly test: AccountConnectionTest | null;
  readonly problems: readonly Problem[];
  readonly consistencyToken: string | null;
  readonly pending: boolean;
}

export type TestProgress = { readonly stage: ConnectionTestStage } | (ConnectionTested & { readonly test: AccountConnectionTest });

interface Prepared {
  readonly subject: TestSubject;
  readonly targets: readonly string[];
  /** As the caller named it; null for a draft alone. */
  readonly accountId: string | null;
  /** The saved account whose settings are tested unchanged; null where a draft takes part. */
  readonly saved: { readonly accountId: string; readonly version: number } | null;
}

/** Tests the connections of saved accounts and of drafts. A saved account's test becomes part of its history. */
export class ConnectionTests {
  constructor(
    readonly handler: CommandHandler,
    readonly accounts: EmailAccountCommands,
    readonly history: AccountHistory,
    readonly secretStore: SecretStore,
    readonly subjects: ConnectionSubjects,
    readonly testMail: TestMail,
    readonly rateLimit: RateLimit,
    readonly now: () => Date,
  ) {}

  /** @throws {RateLimited} too many tests by this caller. */
  async test(call: Call, input: TestConnection, signal: AbortSignal): Promise<ConnectionTested> {
    try {
      for await (const progress of this.#progress(call, input, signal, 'testConnection')) if ('test' in progress) return progress;
      throw new Error('A connection test ended without a result.');
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      const refused = await this.handler.refused({ call, attempt: attemptOf(input, 'testConnection'), options: {} }, error.problems);
      return { ...refused, test: null };
    }
  }

  /**
   * The stages as they end, then the whole test. Who stops listening stops the test; a saved account's history tells of it all the same.
   * @throws {CommandRefused} before the first stage, what the caller can mend; it is on record then. @throws {RateLimited}
   */
  async *progress(call: Call, input: TestConnection, signal: AbortSignal): AsyncGenerator<TestProgress, void> {
    const command = 'connectionTestProgress';
    try {
      yield* this.#progress(call, input, signal, command);
    } catch (error) {
      if (error instanceof CommandRefused) await this.handler.refused({ call, attempt: attemptOf(input, command), options: {} }, error.problems);
      throw error;
    }
  }

  async *#progress(call: Call, input: TestConnection, signal: AbortSignal, command: string): AsyncGenerator<TestProgress, void> {
    this.rateLimit.take(call, attemptOf(input, command));
    const prepared = await this.#prepare(call, input);
    const stopped = new AbortController();
    const startedAt = this.now();
    const stages: ConnectionTestStage[] = [];
    let recorded = false;
    try {
      for await (const stage of this.testMail(prepared.subject, AbortSignal.any([signal, stopped.signal]))) {
        stages.push(stage);
        yield { stage };
      }
      recorded = true;
      yield await this.#record(call, attemptOf(input, command), prepared, this.#result(stages, startedAt));
    } finally {
      stopped.abort();
      const wasBegun = stages.length > 0 || signal.aborted;
      if (!recorded && wasBegun) await this.#record(call, attemptOf(input, command), prepared, { ...this.#result(stages, startedAt), outcome: 'FAILED' });
    }
  }

  async #prepare(call: Call, input: TestConnection): Promise<Prepared> {
    const { accountId, draft } = input;
    const snapshot = accountId ? await this.history.at(accountId, new Date(8.64e15)) : null;
    if (accountId && snapshot === null) refuse('NOT_FOUND', 'There is no email account of this id.', ['accountId']);
    if (snapshot?.account.status === 'deleted') refuse('ACCOUNT_DELETED', 'The account is deleted. Restore it first.', ['accountId']);
    const { account, entered } = draft
      ? this.#drafted(call, snapshot?.account ?? null, draft)
      : { account: snapshot?.account, entered: new Map<string, SecretValue>() };
    if (account === undefined) return refuse('REQUIRED', 'Name the account to test, or describe it in draft.', ['accountId']);
    try {
      if (draft) refuseTokensElsewhere(account, snapshot?.account ?? null, call.role);
      const subject = await this.#subject(account, input, entered);
      return {
        ...subject,
        accountId: accountId ?? null,
        saved: snapshot && !draft ? { accountId: snapshot.account.accountId, version: snapshot.version } : null,
      };
    } catch (error) {
      throw error instanceof CommandRefused ? placedInInput(error, { sender: Boolean(draft?.sender), receiver: Boolean(draft?.receiver) }) : error;
    }
  }

  /** What is connected to, with the passwords that may go there. @throws {CommandRefused} with paths in the account's form. */
  async #subject(
    account: PresentAccount,
    { recipient, ...input }: TestConnection,
    entered: ReadonlyMap<string, SecretValue>,
  ): Promise<Pick<Prepared, 'subject' | 'targets'>> {
    const directions = directionsToTest(account, input.directions);
    const sender = directions.includes('SENDER') ? await this.subjects.sender(account, entered) : null;
    const receiver = directions.includes('RECEIVER') ? await this.subjects.receiver(account, entered) : null;
    return {
      subject: { sender, receiver, recipient: checkedRecipient(recipient) },
      targets: [...(sender ? [senderTarget(sender)] : []), ...(receiver ? [receiverTarget(receiver)] : [])],
    };
  }

  /** The account as the form describes it, and the passwords that were entered with the form, by secret id. */
  #drafted(
    call: Call,
    saved: PresentAccount | null,
    draft: NonNullable<TestConnection['draft']>,
  ): { readonly account: PresentAccount; readonly entered: ReadonlyMap<string, SecretValue> } {
    const draftId = randomUUID();
    const passwords: EnteredPasswords = { 'sender.password': enteredIn(draft.sender), 'receiver.password': enteredIn(draft.receiver) };
    const secrets = new AccountSecrets(this.secretStore, '', passwords);
    const changes = { sender: secrets.change('sender.password', draftId), receiver: secrets.change('receiver.password', draftId) };
    const account = draftedAccount(
      saved,
      {
        provider: draft.provider ?? null,
        sender: !draft.sender ? null : draft.sender.kind === 'smtp' ? { ...draft.sender, password: changes.sender } : draft.sender,
        receiver: !draft.receiver ? null : draft.receiver.kind === 'microsoftGraph' ? draft.receiver : { ...draft.receiver, password: changes.receiver },
      },
      { now: this.now().toISOString(), actor: call.actor },
    );
    const entered = new Map<string, SecretValue>();
    for (const [change, value] of [
      [changes.sender, passwords['sender.password']],
      [changes.receiver, passwords['receiver.password']],
    ] as const)
      if (change.change === 'replace' && value) entered.set(change.secretId, value);
    return { account, entered };
  }

  #result(stages: readonly ConnectionTestStage[], startedAt: Date): ConnectionTestResult {
    return {
      testId: randomUUID(),
      outcome: stages.some(({ outcome }) => outcome === 'FAILED') ? 'FAILED' : 'PASSED',
      stages,
      startedAt: startedAt.toISOString(),
      durationMilliseconds: this.now().getTime() - startedAt.getTime(),
    };
  }

  async #record(
    call: Call,
    attempt: Attempt,
    { saved, targets, accountId }: Prepared,
    result: ConnectionTestResult,
  ): Promise<ConnectionTested & { readonly test: AccountConnectionTest }> {
    if (saved === null) {
      const { position } = await this.handler.securityLog.draftTested(call, attempt, targets, result.outcome);
      const test = { ...result, accountId, accountVersion: null, recordedAtVersion: null, stale: false, startedBy: call.actor };
      return { test, problems: [], ...(await this.handler.freshness(position)) };
    }
    const { entity, ...changed } = await this.accounts.recordTest(call, saved.accountId, result, saved.version);
    const recordedAtVersion = entity?.connectionTest?.testId === result.testId ? entity.connectionTest.recordedAtVersion : null;
    const test = {
      ...result,
      accountId: saved.accountId,
      accountVersion: saved.version,
      recordedAtVersion,
      stale: entity !== null && isStale(entity),
      startedBy: call.actor,
    };
    return { ...changed, test };
  }
}

/** Where a test connects to, for the record. */
function senderTarget(sender: SenderSubject): string {
  return 'cloud' in sender ? graphAddresses[sender.cloud] : senderEndpoint(sender.settings.connection);
}

function receiverTarget(receiver: ReceiverSubject): string {
  return 'cloud' in receiver ? graphAddresses[receiver.cloud] : receiverEndpoint(receiver.settings);
}

function attemptOf({ accountId }: TestConnection, command: string): Attempt {
  return { command, entityType: 'EmailAccount', entityId: accountId?.slice(0, 64) ?? 'draft' };
}

function enteredIn(form: SenderInputForm | ReceiverInputForm | null | undefined) {
  return form && form.kind !== 'microsoftGraph' ? form.password : undefined;
}

function checkedRecipient(recipient: string | null | undefined): string | null {
  if (recipient === null || recipient === undefined) return null;
  const checked = checkEmailAddress(recipient);
  return checked.ok ? checked.value : refuse(checked.code, checked.message, ['recipient']);
}
