import { randomUUID } from 'node:crypto';
import { CommandRefused, refuse, type Problem } from '../domain/decider.js';
import type { RoundTripResult } from '../domain/email-account/round-trip.js';
import type { PresentAccount } from '../domain/email-account/state.js';
import { checkEmailAddress } from '../domain/text/email-address.js';
import type { ReceiverSubject, RoundTripSubject, SenderSubject, VerifyRoundTrip } from '../mail/mail-port.js';
import type { AccountHistory } from './account-history.js';
import type { Call } from './change.js';
import type { CommandHandler } from './command-handler.js';
import type { ConnectionSubjects } from './connection-subjects.js';
import { placedInInput } from './placed-in-input.js';
import type { RateLimit } from './rate-limit.js';

export interface RoundTrip extends RoundTripResult {
  /** With its angle brackets (RFC 5322, section 3.6.4). */
  readonly messageId: string;
}

export interface RoundTripVerified {
  readonly roundTrip: RoundTrip | null;
  readonly problems: readonly Problem[];
  readonly consistencyToken: string | null;
  readonly pending: boolean;
}

/** How long a message may be on its way, in seconds. */
export const shortestWait = 1;
const usualWait = 20;
/** What is left of an operation's time for opening the mailbox, sending, reading and removing. */
const besideWaiting = 5;

/** Sends a marked message through an account and looks for it in the account's own mailbox. Each is recorded, whatever it came to. */
export class RoundTrips {
  constructor(
    readonly handler: CommandHandler,
    readonly history: AccountHistory,
    readonly subjects: ConnectionSubjects,
    readonly verifyRoundTrip: VerifyRoundTrip,
    readonly rateLimit: RateLimit,
    /** How long an operation may take in all: what is asked for must fit into it. */
    readonly operationSeconds: number,
  ) {}

  /** @throws {RateLimited} too many tests by this caller. */
  async verify(
    call: Call,
    { accountId, timeoutSeconds }: { accountId: string; timeoutSeconds?: number | null },
    signal: AbortSignal,
  ): Promise<RoundTripVerified> {
    const attempt = { command: 'verifyRoundTrip', entityType: 'EmailAccount', entityId: accountId.slice(0, 64) };
    try {
      const seconds = this.#seconds(timeoutSeconds);
      const { subject, to, from } = await this.#prepared(accountId);
      this.rateLimit.take(call, attempt);
      const messageId = `<${randomUUID()}@${from.replace(/^.*@/, '')}>`;
      const result = await this.verifyRoundTrip(subject, { to, messageId, accountId }, seconds * 1000, signal);
      const stopped = result.stages.find(({ outcome }) => outcome === 'FAILED');
      const { position } = await this.handler.securityLog.roundTripVerified(call, {
        ...attempt,
        messageId,
        outcome: result.outcome,
        stoppedAt: stopped?.stage ?? null,
        code: stopped?.code ?? 'OK',
      });
      return { roundTrip: { ...result, messageId }, problems: [], ...(await this.handler.freshness(position)) };
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return { ...(await this.handler.refused({ call, attempt, options: {} }, placedInInput(error).problems)), roundTrip: null };
    }
  }

  #seconds(asked: number | null | undefined): number {
    const longest = Math.max(shortestWait, this.operationSeconds - besideWaiting);
    const seconds = asked ?? Math.min(usualWait, longest);
    if (seconds >= shortestWait && seconds <= longest) return seconds;
    return refuse(
      'OUT_OF_RANGE',
      `Name ${shortestWait} to ${longest} seconds. An operation may take ${this.operationSeconds} s in all here; its operator can allow more by POSTLEDGER_OPERATION_SECONDS.`,
      ['timeoutSeconds'],
    );
  }

  async #prepared(accountId: string): Promise<{ readonly subject: RoundTripSubject; readonly to: string; readonly from: string }> {
    const snapshot = await this.history.at(accountId, new Date(8.64e15));
    if (snapshot === null) return refuse('NOT_FOUND', 'There is no email account of this id.', ['accountId']);
    const { account } = snapshot;
    if (account.status === 'deleted') refuse('ACCOUNT_DELETED', 'The account is deleted. Restore it first.', ['accountId']);
    if (account.status === 'disabled')
      refuse('ACCOUNT_DISABLED', 'The account is disabled: nothing is sent through it. Enable it first, or test its connection instead.', ['accountId']);
    requireBoth(account);
    const [sender, receiver] = [await this.subjects.sender(account), await this.subjects.receiver(account)];
    const from = addressOf(sender);
    return { subject: { sender, receiver }, to: addressIn(receiver) ?? from, from };
  }
}

function requireBoth({ sender, receiver }: PresentAccount): void {
  const missing = sender === null ? 'sender' : receiver === null ? 'receiver' : null;
  if (missing) refuse('NOT_READY', `A round trip needs a sender and a receiver, and the account has no ${missing}. Configure it first.`, ['accountId']);
}

function addressOf({ settings }: SenderSubject): string {
  return settings.kind === 'smtp' ? settings.identity.emailAddress : settings.identity.userPrincipalName;
}

/** The mailbox's own address, where its user ID is one; else it is taken for the sender's. */
function addressIn(receiver: ReceiverSubject): string | null {
  const userId = 'credentials' in receiver ? receiver.credentials.userId : receiver.settings.identity.userPrincipalName;
  const checked = checkEmailAddress(userId);
  return checked.ok ? checked.value : null;
}
