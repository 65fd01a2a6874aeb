import { randomBytes } from 'node:crypto';
import { openKurrentDbEventStore, type KurrentDbLog } from '../../src/event-store/kurrentdb.js';
import { openKurrentDbSecretStore, type KurrentDbSecretStore } from '../../src/secret-store/kurrentdb.js';
import { secretStreamPrefix } from '../../src/secret-store/kurrentdb/streams.js';
import type { RootKeys } from '../../src/secret-store/root-keys.js';
import type { OpenedSecretStore } from './contract.js';
import { rootKeys } from './temporary-store.js';

/** A store apart from all others on the server, and the connection it is reached by. */
export interface ClusterStore {
  readonly log: KurrentDbLog;
  readonly apart: string;
  /** One more node over the same store. */
  open(options?: { readonly rootKeys?: RootKeys; readonly now?: () => Date; readonly log?: KurrentDbLog }): Promise<KurrentDbSecretStore>;
  /** Ends every stream of the store, so that the server keeps nothing of it, and closes the connection. */
  close(): Promise<void>;
}

export async function clusterStore(connectionString: string): Promise<ClusterStore> {
  const log = await openKurrentDbEventStore({ connectionString });
  const apart = `Test${randomBytes(6).toString('hex')}`;
  return {
    log,
    apart,
    open: (options = {}) => openKurrentDbSecretStore({ log, apart, rootKeys: rootKeys('k1'), ...options }),
    async close() {
      const streams = new Set<string>();
      for await (const { streamId } of log.readAll({ streamPrefixes: [`${secretStreamPrefix}${apart}`] })) streams.add(streamId);
      await Promise.all([...streams].map((streamId) => log.tombstoneStream(streamId)));
      await log.close();
    },
  };
}

/** For the contract suite. `ended` takes away what the server ran in. */
export async function contractStore(connectionString: string, ended: () => Promise<void>): Promise<OpenedSecretStore> {
  const cluster = await clusterStore(connectionString);
  let clock = new Date();
  const open = () => cluster.open({ now: () => clock });
  let store = await open();
  return {
    store,
    setNow(now) {
      clock = now;
    },
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    async close() {
      await store.close();
      await cluster.close();
      await ended();
    },
  };
}
