import { randomUUID } from 'node:crypto';
import { CommandRefused, refuse, type Problem } from '../domain/decider.js';
import { checkEmailAddress } from '../domain/text/email-address.js';
import type { SenderSubject, SendMail } from '../mail/mail-port.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import type { AccountHistory } from './account-history.js';
import type { Call, ChangeOptions } from './change.js';
import type { CommandHandler } from './command-handler.js';
import { commandIdOf, derivedId, hashOfInput } from './event-metadata.js';
import type { RateLimit } from './rate-limit.js';
import { AccountPasswords, connectableSender } from './test-subject.js';

export interface TestMessageSent {
  /** With its angle brackets (RFC 5322, section 3.6.4). */
  readonly messageId: string | null;
  readonly serverResponse: string | null;
  readonly problems: readonly Problem[];
  readonly consistencyToken: string | null;
  readonly pending: boolean;
}

/** Sends a message that says it is a test, through the account and by the code that sends for applications. */
export class TestMessages {
  readonly #underWay = new Map<string, Promise<TestMessageSent>>();

  constructor(
    readonly handler: CommandHandler,
    readonly history: AccountHistory,
    readonly secretStore: SecretStore,
    readonly sendMail: SendMail,
    readonly rateLimit: RateLimit,
    readonly now: () => Date,
  ) {}

  /** The same idempotency key sends once. @throws {RateLimited} */
  async send(call: Call, input: { readonly accountId: string; readonly to: string }, options: ChangeOptions, signal: AbortSignal): Promise<TestMessageSent> {
    const commandId = options.idempotencyKey ? commandIdOf(call, options.idempotencyKey) : randomUUID();
    const already = this.#underWay.get(commandId);
    if (already) return already;
    const sending = this.#send(call, input, options, commandId, signal);
    this.#underWay.set(commandId, sending);
    try {
      return await sending;
    } finally {
      this.#underWay.delete(commandId);
    }
  }

  async #send(
    call: Call,
    input: { readonly accountId: string; readonly to: string },
    options: ChangeOptions,
    commandId: string,
    signal: AbortSignal,
  ): Promise<TestMessageSent> {
    const attempt = { command: 'sendTestMessage', entityType: 'EmailAccount', entityId: input.accountId.slice(0, 64) };
    try {
      const { sender, to } = await this.#checked(input, options);
      const messageId = `<${derivedId(commandId, 'message')}@${sender.settings.identity.emailAddress.replace(/^.*@/, '')}>`;
      if (options.idempotencyKey && this.handler.readYourWrites.streamOfCommand(commandId) !== null)
        return { messageId, serverResponse: null, problems: [], consistencyToken: null, pending: false };
      this.rateLimit.take(call.actor.id);
      const result = await this.sendMail(sender, { to, messageId, accountId: input.accountId }, signal);
      const { outcome, code, serverResponse } = result;
      const identity = { commandId, command: attempt.command, inputHash: hashOfInput(input), reason: options.reason ?? null };
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
      return { ...(await this.handler.refused({ call, attempt, options }, error.problems)), messageId: null, serverResponse: null };
    }
  }

  async #checked(
    { accountId, to }: { readonly accountId: string; readonly to: string },
    options: ChangeOptions,
  ): Promise<{ readonly sender: SenderSubject; readonly to: string }> {
    this.handler.checkOptions(options);
    const snapshot = await this.history.at(accountId, new Date(8.64e15));
    if (snapshot === null) return refuse('NOT_FOUND', 'There is no email account of this id.', ['accountId']);
    const { account } = snapshot;
    if (account.status === 'deleted') refuse('ACCOUNT_DELETED', 'The account is deleted. Restore it first.', ['accountId']);
    if (account.status === 'disabled')
      refuse('ACCOUNT_DISABLED', 'The account is disabled: nothing is sent through it. Enable it first, or test its connection instead.', ['accountId']);
    const recipient = checkEmailAddress(to);
    if (!recipient.ok) return refuse(recipient.code, recipient.message, ['to']);
    const settings = connectableSender(account.sender);
    const passwords = new AccountPasswords(this.secretStore, accountId.toLowerCase(), new Map());
    return { sender: { settings, password: await passwords.ofSender(settings) }, to: recipient.value };
  }
}
