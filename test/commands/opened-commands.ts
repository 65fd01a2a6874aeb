import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { openViews, type Views } from '../../projections/views.js';
import { AccountHistory } from '../../src/commands/account-history.js';
import type { Call } from '../../src/commands/change.js';
import { CommandHandler } from '../../src/commands/command-handler.js';
import { ConnectionSubjects } from '../../src/commands/connection-subjects.js';
import { ConnectionTests } from '../../src/commands/connection-tests.js';
import { EmailAccountCommands } from '../../src/commands/email-account-commands.js';
import { RateLimit } from '../../src/commands/rate-limit.js';
import { SecurityLog } from '../../src/commands/security-log.js';
import { StoredTruststores } from '../../src/commands/stored-truststores.js';
import { TestMessages } from '../../src/commands/test-messages.js';
import { openEmbeddedEventStore } from '../../src/event-store/embedded.js';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.js';
import { SealingEventStore } from '../../src/personal-data/sealing-event-store.js';
import type { SendingResult, TestSubject } from '../../src/mail/mail-port.js';
import { openEmbeddedSecretStore } from '../../src/secret-store/embedded.js';
import type { SecretStore } from '../../src/secret-store/secret-store.js';
import { sentMessages } from '../../src/start/commands.js';
import { rootKeys } from '../secret-store/temporary-store.js';

export interface CommandsOptions {
  /** When to close them. Default: with the test. */
  readonly until?: (close: () => Promise<void>) => void;
  /** Default: a new one, which goes with the test. */
  readonly directory?: string;
  readonly clock?: { now: Date };
  /** Puts something between the commands and the log, or the secrets. */
  readonly wrapEvents?: (store: EventStore) => EventStore;
  readonly wrapSecrets?: (store: SecretStore) => SecretStore;
  /** The mutations that need a reason. Default: none. */
  readonly reasonRequiredFor?: ReadonlySet<string>;
  /** What mail servers say to messages. */
  readonly sending?: { result: SendingResult };
}

/** The commands over real stores and views, without a server in front of them and with a mail layer that notes what it is given. */
export interface OpenedCommands {
  readonly accounts: EmailAccountCommands;
  readonly connectionTests: ConnectionTests;
  readonly testMessages: TestMessages;
  readonly handler: CommandHandler;
  readonly history: AccountHistory;
  /** Without what the options put in front. */
  readonly events: EventStore;
  /** Below the sealing of personal data. */
  readonly rawEvents: EventStore;
  readonly secrets: SecretStore;
  readonly views: Views;
  readonly lateFaults: readonly unknown[];
  /** The accounts whose erasure was noted. */
  readonly erased: readonly string[];
  readonly tested: readonly TestSubject[];
  readonly sent: readonly string[];
  /** The events of one account, or of any stream. */
  stream(streamId: string): Promise<readonly RecordedEvent[]>;
  close(): Promise<void>;
}

export const passed: SendingResult = { outcome: 'PASSED', code: 'OK', message: 'The server took it.', hint: null, serverResponse: '250 taken' };

export const call: Call = callOf('tok1');

export function callOf(id: string): Call {
  return {
    actor: { kind: 'API_TOKEN', id, displayName: 'Erin' },
    role: 'ADMIN',
    tokenId: id,
    requestId: 'r1',
    correlationId: 'c1',
    ip: '192.0.2.1',
    userAgent: null,
    clientName: null,
  };
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-commands-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Commands that the tests of a file share: each with an account of its own. */
export function sharedCommands(): () => OpenedCommands {
  let opened: OpenedCommands | undefined;
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postledger-commands-'));
    opened = await openCommands({ directory, until: () => undefined });
  });
  afterAll(async () => {
    await opened?.close();
    await rm(directory, { recursive: true, force: true });
  });
  return () => opened ?? expect.fail('The commands are opened before the first test.');
}

export async function openCommands(options: CommandsOptions = {}): Promise<OpenedCommands> {
  const { until = onTestFinished, clock, wrapEvents = same, wrapSecrets = same, sending = { result: passed } } = options;
  const directory = options.directory ?? (await temporaryDirectory());
  const now = () => clock?.now ?? new Date();
  const rawEvents = await openEmbeddedEventStore(directory, { now });
  const realSecrets = await openEmbeddedSecretStore({ directory, rootKeys: rootKeys('k1'), now });
  const realEvents = new SealingEventStore(rawEvents, realSecrets);
  const [events, secrets] = [wrapEvents(realEvents), wrapSecrets(realSecrets)];
  const views = await openViews(realEvents, {
    rawEvents,
    directory,
    readYourWritesMilliseconds: 2_000,
    listener: { stopped: (projection, eventId, error) => lateFaults.push([projection, eventId, error]), storeLost: () => undefined },
  });
  await views.settled();
  const lateFaults: unknown[] = [];
  const tested: TestSubject[] = [];
  const sent: string[] = [];
  const handler = new CommandHandler(
    events,
    new SecurityLog(events, now),
    views.readYourWrites,
    (error) => lateFaults.push(error),
    options.reasonRequiredFor ?? new Set(),
  );
  const history = new AccountHistory(events);
  const erased: string[] = [];
  const accounts = new EmailAccountCommands(
    handler,
    secrets,
    history,
    (accountId, version) => views.accounts.findAtVersion(accountId, version),
    (accountId) => Promise.resolve(void erased.push(accountId)),
    now,
  );
  const subjects = new ConnectionSubjects(secrets, new StoredTruststores(events), {
    accessTokensOf: () => Promise.resolve(null),
    presetOf: () => null,
    cloudOf: () => null,
  });
  const rateLimit = new RateLimit(10_000, now, () => undefined);
  const testMail = async function* (subject: TestSubject) {
    tested.push(subject);
    yield* await Promise.resolve([]);
  };
  let closed: Promise<void> | undefined;
  const opened: OpenedCommands = {
    accounts,
    connectionTests: new ConnectionTests(handler, accounts, history, secrets, subjects, testMail, rateLimit, now),
    testMessages: new TestMessages(
      handler,
      history,
      subjects,
      (_sender, { messageId }) => {
        sent.push(messageId);
        return Promise.resolve(sending.result);
      },
      sentMessages(views),
      rateLimit,
      now,
    ),
    handler,
    history,
    events: realEvents,
    rawEvents,
    secrets: realSecrets,
    views,
    lateFaults,
    erased,
    tested,
    sent,
    async stream(streamId) {
      const recorded: RecordedEvent[] = [];
      for await (const event of realEvents.readStream(streamId)) recorded.push(event);
      return recorded;
    },
    close() {
      closed ??= views
        .stop()
        .then(() => realSecrets.close())
        .then(() => realEvents.close());
      return closed;
    },
  };
  until(() => opened.close());
  return opened;
}

/** The store, but for the functions that are given. */
export function overriding<Store extends object>(store: Store, functions: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(functions, name) ?? Reflect.get(target, name);
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}

function same<Store>(store: Store): Store {
  return store;
}
