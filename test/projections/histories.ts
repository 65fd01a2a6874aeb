import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { eventsToAppend } from '../../src/commands/event-metadata.js';
import type { Actor } from '../../src/domain/access/actor.js';
import { apiTokenDecider, type ApiTokenCommand } from '../../src/domain/api-token/decide.js';
import type { ApiToken } from '../../src/domain/api-token/state.js';
import { CommandRefused } from '../../src/domain/decider.js';
import type { EmailAccountCommand } from '../../src/domain/email-account/commands.js';
import { emailAccountDecider } from '../../src/domain/email-account/decide.js';
import type { EmailAccountEvent } from '../../src/domain/email-account/events.js';
import { withFingerprint } from '../../src/domain/email-account/event-passwords.js';
import { clearPassword, type ReceiverForm, type SenderForm } from '../../src/domain/email-account/form.js';
import type { EmailAccount } from '../../src/domain/email-account/state.js';
import type { PostledgerEvent } from '../../src/domain/event-catalogue.js';
import type { SecurityLogEvent } from '../../src/domain/security-log/events.js';
import { apiTokenStream, emailAccountStream, securityLogStream } from '../../src/domain/streams.js';
import { entered, mailboxForm, smtpForm } from '../domain/accounts.js';
import { MemoryLog } from './memory-log.js';

type Asked = EmailAccountCommand extends infer Command ? (Command extends EmailAccountCommand ? Omit<Command, 'now' | 'actor'> : never) : never;

/** What somebody asks for. Much of it is refused: that is part of a history too. */
export type Step = { readonly by: number; readonly after: number } & (
  { readonly account: string; readonly command: Asked } | { readonly token: string; readonly command: ApiTokenCommand } | { readonly event: SecurityLogEvent }
);

export const actors: readonly Actor[] = [
  { kind: 'API_TOKEN', id: 'tok1', displayName: 'Erin' },
  { kind: 'USER', id: 'u-2', displayName: 'Ñandú Öz' },
  { kind: 'SYSTEM', id: 'system', displayName: 'Postledger' },
];
export const start = Date.parse('2026-11-24T12:00:00.000Z');

/** A history in a log of its own, kept as the service keeps it. */
export class History {
  readonly log = new MemoryLog();
  readonly #accounts = new Map<string, EmailAccount>();
  readonly #tokens = new Map<string, ApiToken>();
  #now = start;
  #commands = 0;

  constructor(steps: readonly Step[] = []) {
    for (const step of steps) this.do(step);
  }

  get now(): Date {
    return new Date(this.#now);
  }

  do(step: Step): void {
    this.#now += step.after;
    try {
      if ('event' in step) this.#record(securityLogStream(this.now), step, [step.event]);
      else if ('token' in step) this.#token(step);
      else this.#account(step);
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      const [entityType, entityId] = 'account' in step ? ['EmailAccount', step.account] : ['ApiToken', 'token' in step ? step.token : ''];
      const problems = error.problems.map(({ code, field }) => ({ code, field: field ?? null }));
      this.#record(securityLogStream(this.now), step, [{ type: 'CommandRefused', data: { command: 'attempted', entityType, entityId, problems } }]);
    }
  }

  /** An account's command with time and person filled in, as it was decided. */
  account(accountId: string, command: Asked, { by = 0, after = 1_000 }: { readonly by?: number; readonly after?: number } = {}): void {
    this.do({ by, after, account: accountId, command });
  }

  /** An event of a type that this version does not know, or one that a test makes up. */
  recordForeign(streamId: string, type: string, data: Record<string, unknown>): void {
    const id = `00000000-0000-4000-8000-${String(this.log.events.length).padStart(12, '0')}`;
    this.log.record(streamId, [{ id, type, data, metadata: { schemaVersion: 1 } }], this.now);
  }

  #account(step: Extract<Step, { readonly account: string }>): void {
    const key = step.account.toLowerCase();
    const state = this.#accounts.get(key) ?? emailAccountDecider.initialState;
    const command: EmailAccountCommand = { ...step.command, now: this.now.toISOString(), actor: this.#actor(step) };
    const events = emailAccountDecider.decide(state, command).map(sealed);
    this.#accounts.set(key, events.reduce(emailAccountDecider.evolve, state));
    if (events.length > 0) this.#record(emailAccountStream(step.account), step, events);
  }

  #token(step: Extract<Step, { readonly token: string }>): void {
    const state = this.#tokens.get(step.token) ?? apiTokenDecider.initialState;
    const events = apiTokenDecider.decide(state, step.command);
    this.#tokens.set(step.token, events.reduce(apiTokenDecider.evolve, state));
    if (events.length > 0) this.#record(apiTokenStream(step.token), step, events);
  }

  #record(streamId: string, step: Step, events: readonly PostledgerEvent[]): void {
    const number = ++this.#commands;
    const correlationId = `correlation-${Math.ceil(number / 2)}`;
    const call = {
      actor: this.#actor(step),
      role: 'ADMIN',
      tokenId: this.#actor(step).id,
      requestId: `request-${number}`,
      correlationId,
      ip: '127.0.0.1',
      userAgent: null,
      clientName: null,
    } as const;
    const identity = { commandId: `command-${number}`, command: 'attempted', inputHash: '', reason: number % 3 === 0 ? `Because of ${number}` : null };
    this.log.record(streamId, eventsToAppend(events, identity, call), this.now);
  }

  #actor({ by }: Step): Actor {
    return actors[by % actors.length] ?? { kind: 'ANONYMOUS', id: 'anonymous', displayName: 'Anonymous' };
  }
}

/** As the secret store marks a password: what must not get into a view that auditors read. */
export const fingerprintOf = (secretId: string): string => `fp${createHash('sha256').update(secretId).digest('hex')}`;

function sealed(event: EmailAccountEvent): EmailAccountEvent {
  const found = /"secretId":"([^"]+)"/.exec(JSON.stringify(event.data))?.[1];
  return found === undefined ? event : withFingerprint(event, fingerprintOf(found));
}

const accountIds = ['Sales', 'sales-2', 'Support', 'billing', 'OPS'];
const hosts = ['mail.example.com', 'smtp.example.org', 'MAIL.Example.net'];
const password = fc.oneof(
  fc.constant(clearPassword),
  fc.uuid().map((id) => entered(`secret-${id}`)),
);
const sender: fc.Arbitrary<SenderForm> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...hosts),
        fc.constantFrom(25, 587, 2525),
        password,
        fc.constantFrom(null, 'Private-CA'),
        fc.constantFrom(null, 'answers@example.com'),
      )
      .map(([host, port, entering, truststore, replyTo]) =>
        smtpForm({ host, port, truststore }, { emailAddress: `${host.slice(0, 3)}@example.com`, replyTo, password: entering }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<SenderForm>({
      kind: 'microsoftGraph',
      identity: { userPrincipalName: 'graph@contoso.example' },
      connection: { authenticationProfile: 'Contoso' },
    }),
  },
);
const receiver: fc.Arbitrary<ReceiverForm> = fc.oneof(
  fc
    .tuple(fc.constantFrom('imap' as const, 'pop3' as const), fc.constantFrom(...hosts), password)
    .map(([kind, host, entering]) => mailboxForm(kind, { host }, { password: entering })),
  fc.constant<ReceiverForm>({
    kind: 'microsoftGraph',
    identity: { userPrincipalName: 'inbox@contoso.example' },
    connection: { authenticationProfile: 'contoso' },
  }),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const name = fc.constantFrom('Sales team', 'Équipe des ventes', 'Sales TEAM', 'Zebra', 'アカウント');

const accountCommand: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('RenameAccount' as const), accountName: name }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ChangeProvider' as const), provider: fc.constantFrom('custom', 'gmail') }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('ConfigureSender' as const), sender }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('ConfigureReceiver' as const), receiver }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('ChangeSenderPassword' as const), password }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('ChangeReceiverPassword' as const), password }) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        'RemoveSender' as const,
        'RemoveReceiver' as const,
        'DisableAccount' as const,
        'EnableAccount' as const,
        'DeleteAccount' as const,
        'RestoreAccount' as const,
      )
      .map((type) => ({ type })),
  },
  { weight: 2, arbitrary: fc.constantFrom('PASSED' as const, 'FAILED' as const).map(tested) },
);

export function tested(outcome: 'PASSED' | 'FAILED'): Asked {
  const test = { testId: 'test', outcome, stages: [], startedAt: new Date(start).toISOString(), durationMilliseconds: 7 };
  return { type: 'RecordConnectionTest', test, testedVersion: 1 };
}

export const creation = (accountId: string, more: Partial<Asked & { type: 'CreateAccount' }> = {}): Asked => ({
  type: 'CreateAccount',
  accountId,
  accountName: accountId,
  provider: 'custom',
  sender: null,
  receiver: null,
  ...more,
});

const accountStep = fc.constantFrom(...accountIds).chain((account) =>
  fc.record({
    account: fc.constantFrom(account, account.toUpperCase()),
    command: fc.oneof(
      { weight: 3, arbitrary: fc.record({ accountName: name, sender: maybe(sender), receiver: maybe(receiver) }).map((more) => creation(account, more)) },
      { weight: 12, arbitrary: accountCommand },
      { weight: 1, arbitrary: fc.constant<Asked>({ type: 'EraseAccount', confirmation: account, reason: 'asked' }) },
    ),
  }),
);
const tokenStep = fc.tuple(fc.constantFrom('t1', 't2', 'sales'), fc.nat(2)).map(([token, what]) => ({
  token,
  command: [issue(token), { type: 'RevokeApiToken' } as const, { type: 'NoteUse', ip: '10.0.0.1' } as const][what] ?? issue(token),
}));

export function issue(id: string): ApiTokenCommand {
  const now = new Date(start).toISOString();
  return { type: 'IssueApiToken', id, name: `Token ${id}`, role: 'VIEWER', verifier: `verifier-${id}`, expiresAt: null, bootstrap: false, now };
}

const securityStep = fc
  .constantFrom<SecurityLogEvent>(
    { type: 'AuthenticationFailed', data: { cause: 'UNKNOWN', count: 1 } },
    { type: 'AccessDenied', data: { command: 'Mutation.eraseEmailAccount', entityType: 'EmailAccount', entityId: 'SALES', role: 'VIEWER' } },
    { type: 'CommandChangedNothing', data: { command: 'renameEmailAccount', entityType: 'EmailAccount', entityId: 'Support' } },
    {
      type: 'TestMessageSent',
      data: {
        command: 'sendTestMessage',
        entityType: 'EmailAccount',
        entityId: 'Sales',
        messageId: '<1@x>',
        outcome: 'PASSED',
        code: 'OK',
        serverResponse: '250 Équipe',
      },
    },
    { type: 'CommandFailed', data: { command: 'renameEmailAccount', entityType: 'EmailAccount', entityId: 'Support', reference: 'r1' } },
  )
  .map((event) => ({ event }));

const steps = (one: fc.Arbitrary<object>) =>
  fc.tuple(one, fc.nat(2), fc.constantFrom(0, 0, 1, 1_000, 60_000)).map(([what, by, after]) => ({ ...what, by, after }) as Step);

const beginning = fc
  .tuple(fc.subarray(accountIds), maybe(sender), maybe(receiver))
  .map(([ids, sending, receiving]) =>
    ids.map((account): Step => ({ account, by: 0, after: 1, command: creation(account, { sender: sending, receiver: receiving }) })),
  );

/** Random histories of five accounts, three tokens and what was refused around them; some of it at one moment. */
export const histories = (most: number): fc.Arbitrary<History> =>
  fc
    .tuple(
      beginning,
      fc.array(
        fc.oneof({ weight: 8, arbitrary: steps(accountStep) }, { weight: 1, arbitrary: steps(tokenStep) }, { weight: 1, arbitrary: steps(securityStep) }),
        { minLength: Math.floor(most / 2), maxLength: most },
      ),
    )
    .map(([first, rest]) => new History([...first, ...rest]))
    .filter(({ log }) => log.events.length > 0);
