import { randomUUID } from 'node:crypto';
import { CommandRefused, refuse, type Problem } from '../domain/decider.js';
import { checkEmailAddress } from '../domain/text/email-address.js';
import { StoreUnavailable, type Position } from '../event-store/event-store.js';
import type { SenderSubject, SendMail } from '../mail/mail-port.js';
import type { AccountHistory } from './account-history.js';
import type { Call, ChangeOptions } from './change.js';
import type { ConnectionSubjects } from './connection-subjects.js';
import { refuseReusedKey, type CommandHandler } from './command-handler.js';
import { commandIdOf, derivedId, eventIdOf, hashOfInput } from './event-metadata.js';
import { AccountShredded } from '../secret-store/secret-store.js';
import { placedInInput } from './placed-in-input.js';
import { printedInput } from './printed-input.js';
import type { RateLimit } from './rate-limit.js';

export interface TestMessageSent {
  /** With its angle brackets (RFC 5322, section 3.6.4). */
  readonly messageId: string | null;
  readonly serverResponse: string | null;
  readonly problems: readonly Problem[];
  readonly consistencyToken: string | null;
  readonly pending: boolean;
}

/** A message that a server took, as the log tells of it. */
export interface RecordedMessage {
  readonly messageId: string;
  readonly serverResponse: string | null;
  readonly position: Position;
}

interface Message {
  readonly accountId: string;
  readonly to: string;
}

/** Sends a message that says it is a test, through the account and by the code that sends for applications. */
export class TestMessages {
  constructor(
    readonly handler: CommandHandler,
    readonly history: AccountHistory,
    readonly subjects: ConnectionSubjects,
    readonly sendMail: SendMail,
    /** The message that an event tells of; null for any other event, and for one that the views do not know. */
    readonly recorded: (eventId: string) => RecordedMessage | null,
    readonly rateLimit: RateLimit,
    readonly now: () => Date,
  ) {}

  /**
   * The same idempotency key sends once what a server took; a message that was not taken is tried again.
   * @throws {RateLimited} @throws {StoreUnavailable} nothing was sent, or whether it was is not known.
   */
  async send(call: Call, input: Message, options: ChangeOptions, signal: AbortSignal): Promise<TestMessageSent> {
    const commandId = options.idempotencyKey ? commandIdOf(call, options.idempotencyKey) : randomUUID();
    return this.handler.inTurn(commandId, () => this.#send(call, input, options, commandId, signal));
  }

  async #send(call: Call, input: Message, options: ChangeOptions, commandId: string, signal: AbortSignal): Promise<TestMessageSent> {
    const attempt = { command: 'sendTestMessage', entityType: 'EmailAccount', entityId: input.accountId.slice(0, 64) };
    try {
      this.handler.checkOptions(options);
      const earlier = options.idempotencyKey ? await this.#sentBefore(commandId, input) : null;
      if (earlier) return earlier;
      this.handler.requireReason(attempt.command, options);
      const { sender, to } = await this.#checked(input);
      this.rateLimit.take(call, attempt);
      const inputHash = await this.#hashForLog(input);
      const messageId = `<${localPartOf(commandId, inputHash)}@${addressOf(sender).replace(/^.*@/, '')}>`;
      const result = await this.sendMail(sender, { to, messageId, accountId: input.accountId }, signal);
      const { outcome, code, serverResponse } = result;
      // Only what was taken stands under the key: the next attempt of another has a record of its own.
      const identity = {
        commandId: outcome === 'PASSED' ? commandId : randomUUID(),
        command: attempt.command,
        inputHash,
        reason: options.reason ?? null,
      };
      const { position } = await this.handler.securityLog.testMessageSent(call, identity, { ...attempt, messageId, outcome, code, serverResponse });
      const freshness = await this.handler.freshness(position);
      if (outcome === 'PASSED') return { messageId, serverResponse, problems: [], ...freshness };
      const told = [result.message, result.hint].filter((text) => text !== null).join(' ');
      return {
        messageId: null,
        serverResponse,
        problems: [{ code: code === 'EGRESS_DENIED' ? 'EGRESS_DENIED' : 'NOT_READY', message: `${code}: ${told}`, field: ['accountId'] }],
        ...freshness,
      };
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return { ...(await this.handler.refused({ call, attempt, options }, placedInInput(error).problems)), messageId: null, serverResponse: null };
    }
  }

  /** With the account's key in place: a hash of the recipient as it is would outlive the account in the log. */
  async #hashForLog(input: Message): Promise<string> {
    const { secretStore } = this.subjects;
    try {
      await secretStore.usePersonalDataKey(input.accountId, { create: true }, () => undefined);
    } catch (error) {
      // It was erased in this very moment.
      if (error instanceof AccountShredded) return refuseUnknown();
      throw error;
    }
    return hashOfInput(await printedInput(secretStore, input.accountId, { ...input }));
  }

  /** The first answer, when this very message was taken before. @throws {CommandRefused} IDEMPOTENCY_KEY_REUSED */
  async #sentBefore(commandId: string, input: Message): Promise<TestMessageSent | null> {
    const { store, readYourWrites } = this.handler;
    const head = await store.headPosition();
    if (head !== undefined && !(await readYourWrites.reached(head))) throw new StoreUnavailable('The views lag behind the log: what was sent is not known.');
    if (readYourWrites.streamOfCommand(commandId) === null) return null;
    const message = this.recorded(eventIdOf(commandId, 0));
    if (!message || !(await this.#isOf(message, commandId, input))) return refuseReusedKey();
    const { messageId, serverResponse, position } = message;
    return { messageId, serverResponse, problems: [], ...(await this.handler.freshness(position)) };
  }

  /** The message's id tells what was asked for. Once the account is erased there is nothing to compare with, and the key alone tells. */
  async #isOf({ messageId }: RecordedMessage, commandId: string, input: Message): Promise<boolean> {
    const printed = await printedInput(this.subjects.secretStore, input.accountId, { ...input });
    // Before personal data was sealed the input was hashed as it is.
    return printed === null || [printed, input].some((each) => messageId.startsWith(`<${localPartOf(commandId, hashOfInput(each))}@`));
  }

  async #checked({ accountId, to }: Message): Promise<{ readonly sender: SenderSubject; readonly to: string }> {
    const snapshot = await this.history.at(accountId, new Date(8.64e15));
    if (snapshot === null) return refuseUnknown();
    const { account } = snapshot;
    if (account.status === 'deleted') refuse('ACCOUNT_DELETED', 'The account is deleted. Restore it first.', ['accountId']);
    if (account.status === 'disabled')
      refuse('ACCOUNT_DISABLED', 'The account is disabled: nothing is sent through it. Enable it first, or test its connection instead.', ['accountId']);
    const recipient = checkEmailAddress(to);
    if (!recipient.ok) return refuse(recipient.code, recipient.message, ['to']);
    return { sender: await this.subjects.sender(account), to: recipient.value };
  }
}

function refuseUnknown(): never {
  return refuse('NOT_FOUND', 'There is no email account of this id.', ['accountId']);
}

/** Of the message's id, before the @. */
function localPartOf(commandId: string, inputHash: string): string {
  return derivedId(commandId, `message ${inputHash}`);
}

function addressOf({ settings }: SenderSubject): string {
  return settings.kind === 'smtp' ? settings.identity.emailAddress : settings.identity.userPrincipalName;
}
