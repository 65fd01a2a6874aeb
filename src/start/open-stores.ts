import { isLoopback, type Config } from '../config.js';
import { openEmbeddedEventStore } from '../event-store/embedded.js';
import { lockDataDirectory } from '../event-store/embedded-lock.js';
import { auditedStreamPrefixes } from '../domain/streams.js';
import type { EventStore } from '../event-store/event-store.js';
import { openEmbeddedSecretStore } from '../secret-store/embedded.js';
import { loadRootKeys, type RootKeys } from '../secret-store/root-keys.js';
import type { SecretStore } from '../secret-store/secret-store.js';
import { SealingEventStore, type SealingOptions } from '../personal-data/sealing-event-store.js';
import { ErasureLedger } from './erasure-ledger.js';
import { shredNoted } from './replay-erasures.js';

export interface Stores {
  readonly engine: Config['eventStore']['engine'];
  /** The log, which seals personal data on its way in and opens it on its way out. */
  readonly events: EventStore;
  /** The same log as it lies in the store, with personal data sealed. */
  readonly rawEvents: EventStore;
  readonly secrets: SecretStore;
  /** Whose accounts were erased, whatever backup the rest was restored from. Their keys are destroyed. */
  readonly erasures: ErasureLedger;
  /** Whether the stored passwords lie under a key that was generated for development. */
  readonly developmentRootKey: boolean;
  /** What an operator should mend in the stores, a sentence each. */
  warnings(): Promise<readonly string[]>;
  /** Finishes what was accepted, and releases all. */
  close(): Promise<void>;
}

export interface OpeningOptions {
  /** Told of what an operator should know while the stores are in use. */
  readonly warn?: (message: string) => void;
  /** Whether the opening waits for a cluster that is not up yet, and says so through `warn`. Default: it gives up at once. */
  readonly waits?: boolean;
}

/**
 * Opens the log, which takes the data directory for this process, then the secrets.
 * @throws {StoreLocked} @throws {RootKeyRefused} @throws {SecretStoreUnavailable} @throws {ConnectionStringRefused} @throws {StoreRefused} with what to do; nothing is left open.
 */
export async function openStores(config: Config, options: OpeningOptions = {}): Promise<Stores> {
  return config.eventStore.engine === 'EMBEDDED' ? openEmbedded(config) : openCluster(config, config.eventStore.connectionString, options);
}

async function openEmbedded(config: Config): Promise<Stores> {
  const { dataDirectory } = config;
  const rawEvents = await openEmbeddedEventStore(dataDirectory);
  return orClose([rawEvents], async () => {
    const rootKeys = await rootKeysOf(config);
    const secrets = await openEmbeddedSecretStore({ directory: dataDirectory, rootKeys });
    return orClose([secrets], async () => ({
      ...(await erasable(config, { rawEvents, secrets })),
      engine: 'EMBEDDED',
      developmentRootKey: rootKeys.development,
      warnings: () => Promise.resolve([]),
    }));
  });
}

/** Each takes a message there and back. */
const keysAhead = 64;

/** The data directory then holds nothing but this node's views; they are for one process as well. */
async function openCluster(config: Config, connectionString: string, { warn, waits = false }: OpeningOptions): Promise<Stores> {
  const lock = lockDataDirectory(config.dataDirectory);
  const directory = { close: () => Promise.resolve(lock.release()) };
  return orClose([directory], async () => {
    const rootKeys = await rootKeysOf(config);
    // Loaded for those who use it alone: the client is the heaviest library there is here.
    const { openKurrentDbEventStore } = await import('../event-store/kurrentdb.js');
    const { openKurrentDbSecretStore } = await import('../secret-store/kurrentdb.js');
    const { erasureWarning } = await import('./erasures-told.js');
    const { answeringStore, refuseMissingRights } = await import('./store-check-at-start.js');
    const rawEvents = await openKurrentDbEventStore({ connectionString, ...(warn && { warn }) });
    return orClose([rawEvents], async () => {
      const open = () => openKurrentDbSecretStore({ log: rawEvents, rootKeys });
      const secrets = await (waits ? answeringStore(open, connectionString, { warn: warn ?? (() => undefined) }) : open());
      if (waits) await refuseMissingRights(rawEvents, connectionString);
      const stores = await erasable(config, { rawEvents, secrets, keysAhead });
      return {
        ...stores,
        engine: 'KURRENTDB',
        developmentRootKey: rootKeys.development,
        async warnings() {
          const warning = erasureWarning(await secrets.pendingErasures());
          return warning === null ? [] : [warning];
        },
        close: () => closeAll([stores, directory]),
      };
    });
  });
}

/**
 * Puts what seals personal data in front of the log, once no key is left that the ledger of erasures says is gone.
 * @throws {CommandFailed} the ledger cannot be read.
 */
export async function erasable(
  { erasuresFile }: Pick<Config, 'erasuresFile'>,
  { rawEvents, secrets, ...options }: Pick<Stores, 'rawEvents' | 'secrets'> & SealingOptions,
): Promise<Pick<Stores, 'events' | 'rawEvents' | 'secrets' | 'erasures' | 'close'>> {
  const erasures = await ErasureLedger.open(erasuresFile, () => firstEventOf(rawEvents));
  try {
    await shredNoted(erasures, secrets);
  } catch (error) {
    await erasures.close();
    throw error;
  }
  const events = new SealingEventStore(rawEvents, secrets, options);
  return { events, rawEvents, secrets, erasures, close: () => closeAll([secrets, events, erasures]) };
}

/** Who lets other machines in is not developing: a key that lies beside what it encrypts protects from nobody who gets at the disk. */
function rootKeysOf({ rootKeys, dataDirectory, production, http }: Config): Promise<RootKeys> {
  return loadRootKeys({ ...rootKeys, dataDirectory, production: production || !isLoopback(http.host) });
}

interface Closing {
  close(): Promise<void>;
}

async function orClose(opened: readonly Closing[], work: () => Promise<Stores>): Promise<Stores> {
  try {
    return await work();
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function closeAll(opened: readonly Closing[]): Promise<void> {
  for (const store of opened) await store.close();
}

/** What names a log for good: it is the same after a migration, and in every backup. */
async function firstEventOf(rawEvents: EventStore): Promise<string | null> {
  for await (const { id } of rawEvents.readAll({ streamPrefixes: auditedStreamPrefixes, maxCount: 1 })) return id;
  return null;
}
