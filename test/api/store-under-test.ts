import { randomBytes } from 'node:crypto';
import { isLoopback, type Config } from '../../src/config.js';
import { lockDataDirectory } from '../../src/event-store/embedded-lock.js';
import { openKurrentDbEventStore, type KurrentDbLog, type KurrentDbOptions } from '../../src/event-store/kurrentdb.js';
import { openKurrentDbSecretStore } from '../../src/secret-store/kurrentdb.js';
import { loadRootKeys } from '../../src/secret-store/root-keys.js';
import { erasable, type OpeningOptions, type Stores } from '../../src/start/open-stores.js';
import type { StartOptions } from '../../src/start/start-service.js';
import { startKurrentDbDouble, type DoubleOptions, type KurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { endStreams, setApart } from './set-apart.js';

/** Where services keep their log and their passwords, and how they are told. */
export interface StoreUnderTest {
  readonly environment: Readonly<Record<string, string>>;
  readonly options: Pick<StartOptions, 'openStores'>;
  /** Takes away what the services left in it. */
  end(): Promise<void>;
}

/**
 * An empty store of the engine that this run is about: the embedded one; with `POSTLEDGER_TEST_ENGINE=kurrentdb` a double of KurrentDB; with `POSTLEDGER_TEST_KURRENTDB=<connection string>` as
 * well, a part of that server which is set apart from everything else in it.
 */
export async function storeUnderTest(): Promise<StoreUnderTest> {
  const engine = process.env['POSTLEDGER_TEST_ENGINE'] ?? 'embedded';
  switch (engine) {
    case 'embedded':
      return { environment: {}, options: {}, end: () => Promise.resolve() };
    case 'kurrentdb':
      return clusterUnderTest();
    default:
      throw new Error(`POSTLEDGER_TEST_ENGINE is embedded or kurrentdb, not ${engine}.`);
  }
}

/** An empty cluster that several services can share: the server that `POSTLEDGER_TEST_KURRENTDB` names where the run is about KurrentDB, else a double. */
export async function clusterUnderTest(): Promise<StoreUnderTest> {
  const connectionString = process.env['POSTLEDGER_TEST_KURRENTDB'] ?? '';
  return process.env['POSTLEDGER_TEST_ENGINE'] === 'kurrentdb' && connectionString !== '' ? partOfServer(connectionString) : overDouble();
}

/** `patience`: how long services wait for the store, in place of what they wait in production. */
export async function overDouble({ nodes, ...patience }: Pick<DoubleOptions, 'nodes'> & Patience = {}): Promise<
  StoreUnderTest & { readonly double: KurrentDbDouble }
> {
  const double = await startKurrentDbDouble({ ...(nodes !== undefined && { nodes }) });
  const isPatient = Object.keys(patience).length === 0;
  return {
    double,
    environment: { POSTLEDGER_EVENT_STORE: double.connectionString() },
    options: isPatient ? {} : { openStores: (config, options) => openCluster(config, options, patience) },
    end: () => double.stop(),
  };
}

async function partOfServer(connectionString: string): Promise<StoreUnderTest> {
  const apart = `test${randomBytes(6).toString('hex')}-`;
  return {
    environment: { POSTLEDGER_EVENT_STORE: connectionString },
    options: { openStores: (config, options) => openCluster(config, options, {}, (log) => setApart(log, apart)) },
    async end() {
      const log = await openKurrentDbEventStore({ connectionString });
      await endStreams(log, apart);
      await log.close();
    },
  };
}

type Patience = Pick<KurrentDbOptions, 'operationMilliseconds' | 'attemptMilliseconds'>;

async function openCluster(config: Config, { warn }: OpeningOptions = {}, patience: Patience, seenThrough = (log: KurrentDbLog) => log): Promise<Stores> {
  if (config.eventStore.engine !== 'KURRENTDB') throw new TypeError('The configuration names no cluster.');
  const lock = lockDataDirectory(config.dataDirectory);
  const rootKeys = await loadRootKeys({ ...config.rootKeys, dataDirectory: config.dataDirectory, production: !isLoopback(config.http.host) });
  const rawEvents = seenThrough(await openKurrentDbEventStore({ connectionString: config.eventStore.connectionString, ...patience, ...(warn && { warn }) }));
  const stores = await erasable(config, { rawEvents, secrets: await openKurrentDbSecretStore({ log: rawEvents, rootKeys }) });
  return {
    ...stores,
    engine: 'KURRENTDB',
    developmentRootKey: rootKeys.development,
    warnings: () => Promise.resolve([]),
    async close() {
      await stores.close();
      lock.release();
    },
  };
}
