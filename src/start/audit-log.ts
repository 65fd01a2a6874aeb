import type { Config } from '../config.js';
import { auditedStreamPrefixes } from '../domain/streams.js';
import { EmbeddedLogReading, LogMissing } from '../event-store/embedded-reading.js';
import { openEmbeddedEventStore } from '../event-store/embedded.js';
import type { EventStore, RecordedEvent } from '../event-store/event-store.js';
import { loggedEvent, type LoggedEvent } from '../ledger/logged-event.js';
import { CommandFailed } from './command-failed.js';
import { hashedLog, isAudited } from './log-hashing.js';

type Settings = Pick<Config, 'dataDirectory' | 'eventStore'>;

/** The log as it lies in the store, for reading: no key is needed for it, and a service that uses it is not disturbed. */
export interface AuditLog {
  /** What it is called to people. */
  readonly name: string;
  /** Whether the engine numbers events 1, 2, 3 …. */
  readonly countsPositions: boolean;
  /** How far the positions go, for those who show how far they are; null where that is not known. */
  readonly extent: { readonly events: number } | null;
  /** In order, in batches, hashed. */
  hashed(threads?: number): AsyncIterable<readonly LoggedEvent[]>;
  /** The events of the audit trail, in order. */
  events(): AsyncIterable<RecordedEvent>;
  find(eventId: string): Promise<RecordedEvent | null>;
  /** Writes to the log. @throws {StoreLocked} the embedded engine is for one process, and the service is running. */
  write(work: (events: EventStore) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** @throws {CommandFailed} there is no log. @throws {ConnectionStringRefused} */
export async function openAuditLog({ dataDirectory, eventStore }: Settings): Promise<AuditLog> {
  return eventStore.engine === 'EMBEDDED' ? embeddedLog(dataDirectory) : clusterLog(eventStore.connectionString);
}

function embeddedLog(dataDirectory: string): AuditLog {
  const reading = readingOf(dataDirectory);
  return {
    name: `The log in ${dataDirectory}`,
    countsPositions: true,
    extent: reading.extent(),
    hashed: (threads) => hashedLog(dataDirectory, threads),
    async *events() {
      for (const event of reading.events()) if (isAudited(event.streamId)) yield await Promise.resolve(event);
    },
    find: (eventId) => Promise.resolve(reading.find(eventId)),
    async write(work) {
      const events = await openEmbeddedEventStore(dataDirectory);
      try {
        await work(events);
      } finally {
        await events.close();
      }
    },
    close: () => Promise.resolve(reading.close()),
  };
}

function readingOf(dataDirectory: string): EmbeddedLogReading {
  try {
    return new EmbeddedLogReading(dataDirectory);
  } catch (error) {
    if (!(error instanceof LogMissing)) throw error;
    throw new CommandFailed(`${error.message} Name the data directory by POSTLEDGER_DATA_DIR.`, { cause: error });
  }
}

/** Hashed events of a cluster are handed on so many at once. */
const batchSize = 500;

async function clusterLog(connectionString: string): Promise<AuditLog> {
  // Loaded for those who use it alone: the client is the heaviest library there is here.
  const { describeConnection, openKurrentDbEventStore, parseConnectionString } = await import('../event-store/kurrentdb.js');
  const events = await openKurrentDbEventStore({ connectionString });
  const audited = () => events.readAll({ streamPrefixes: auditedStreamPrefixes });
  return {
    name: `The log in ${describeConnection(parseConnectionString(connectionString))}`,
    countsPositions: false,
    extent: null,
    async *hashed() {
      let batch: LoggedEvent[] = [];
      for await (const event of audited()) {
        batch.push(loggedEvent(event, isAudited));
        if (batch.length < batchSize) continue;
        yield batch;
        batch = [];
      }
      yield batch;
    },
    events: audited,
    async find(eventId) {
      for await (const event of audited()) if (event.id === eventId) return event;
      return null;
    },
    write: (work) => work(events),
    close: () => events.close(),
  };
}

/** What SQLite says of a damaged file is told with what to do. @throws {CommandFailed} */
export async function tellingDamage<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR')) throw error;
    throw new CommandFailed(`The log cannot be read to its end: ${error.message}. Try a backup of it, keep this one as evidence, and look at the disk.`, {
      cause: error,
    });
  }
}
