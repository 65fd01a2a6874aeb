import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { KurrentDbLog } from '../../src/event-store/kurrentdb.js';
import { StoreUnavailable } from '../../src/event-store/event-store.js';
import { parseRootKeys, RootKeyMissing, RootKeyWrong } from '../../src/secret-store/root-keys.js';
import { AccountShredded, SecretNotBoundToEndpoint, SecretNotFound, SecretStoreUnavailable, SecretUnreadable } from '../../src/secret-store/secret-store.js';
import { startKurrentDbDouble, type KurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { newAccount, newSecret } from './contract.js';
import { clusterStore, type ClusterStore } from './kurrentdb-store.js';
import { rootKeys } from './temporary-store.js';

const noon = new Date('2026-11-24T12:00:00Z');
const hours = (count: number) => new Date(noon.getTime() + count * 3_600_000);
const none = async () => new Set<string>();

describe('the secret store in a cluster', () => {
  let double: KurrentDbDouble;
  beforeAll(async () => {
    double = await startKurrentDbDouble();
  });
  afterAll(() => double.stop());

  const newCluster = async (): Promise<ClusterStore> => {
    const cluster = await clusterStore(double.connectionString());
    onTestFinished(() => cluster.close());
    return cluster;
  };
  /** Every stream of the store with what can be read of it; null for one that has ended. */
  const streamsOf = async ({ log, apart }: ClusterStore) => {
    const streams = new Map<string, readonly string[] | null>();
    for await (const { streamId } of log.readAll({ streamPrefixes: [`secret${apart}`] })) streams.set(streamId, []);
    for (const streamId of streams.keys()) streams.set(streamId, await textsOf(log, streamId));
    return streams;
  };

  describe('with several nodes', () => {
    it('makes one key for an account that two nodes put a first secret into at the same moment', async () => {
      const cluster = await newCluster();
      const nodes = await Promise.all([cluster.open(), cluster.open()]);
      const accounts = Array.from({ length: 10 }, newAccount);
      const secrets = await Promise.all(
        accounts.flatMap((account) =>
          nodes.map(async (node) => {
            const secret = newSecret('hunter2');
            const [sealed] = await node.put(account, [secret]);
            return { account, secret, fingerprint: sealed?.fingerprint };
          }),
        ),
      );
      for (const { account, secret } of secrets) for (const node of nodes) expect((await node.open(account, secret)).reveal()).toBe('hunter2');
      for (const account of accounts) expect(new Set(secrets.filter((put) => put.account === account).map(({ fingerprint }) => fingerprint)).size).toBe(1);
    });

    it('makes one key for a label, whichever node is first', async () => {
      const cluster = await newCluster();
      const nodes = await Promise.all([cluster.open(), cluster.open(), cluster.open()]);
      const keys = await Promise.all(nodes.map((node) => node.deriveKey('api-token')));
      expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
    });

    it('opens nothing and stores nothing on a node that had the key at hand, once another node has erased the account', async () => {
      const cluster = await newCluster();
      const [one, other] = await Promise.all([cluster.open(), cluster.open()]);
      const account = newAccount();
      const secret = newSecret('hunter2');
      await other.put(account, [secret]);
      expect((await other.open(account, secret)).reveal()).toBe('hunter2');
      await one.shred(account);
      await expect(other.open(account, secret)).rejects.toThrow(SecretNotFound);
      await expect(other.put(account, [newSecret('again')])).rejects.toThrow(AccountShredded);
      expect(await other.fingerprint(account, secret.slot, secret.value)).toBeNull();
      expect(await other.listIds(account)).toEqual(new Set());
    });

    it('leaves nothing behind of puts on one node while another erases the account', async () => {
      const cluster = await newCluster();
      const [one, other] = await Promise.all([cluster.open(), cluster.open()]);
      const account = newAccount();
      await one.put(account, [newSecret('first')]);
      const [, ...puts] = await Promise.allSettled([one.shred(account), ...Array.from({ length: 5 }, () => other.put(account, [newSecret('late')]))]);
      for (const put of puts) expect(put.status === 'fulfilled' || put.reason instanceof AccountShredded).toBe(true);
      expect([...(await streamsOf(cluster))].filter(([id, texts]) => id.includes(account) && texts !== null)).toEqual([]);
    });

    it('sweeps from two nodes at once, deletes once, and never what the other has just stored again', async () => {
      const cluster = await newCluster();
      const [one, other] = await Promise.all([cluster.open({ now: () => noon }), cluster.open({ now: () => hours(2) })]);
      const accounts = Array.from({ length: 6 }, newAccount);
      for (const account of accounts) await one.put(account, [newSecret('orphan')]);
      const kept = newAccount();
      const secret = newSecret('stored again');
      await one.put(kept, [secret]);
      const again = async (account: string) => {
        if (account === kept) await other.put(kept, [secret]);
        return new Set<string>();
      };
      const swept = await Promise.all([one.sweep({ now: hours(2), isCurrent: again }), other.sweep({ now: hours(2), isCurrent: again })]);
      expect(swept[0].deleted + swept[1].deleted).toBe(accounts.length);
      expect((await one.open(kept, secret)).reveal()).toBe('stored again');
      for (const account of accounts) expect(await other.listIds(account)).toEqual(new Set());
    });
  });

  describe('root keys', () => {
    const otherKey = parseRootKeys(`k1:${Buffer.alloc(32, 'another').toString('base64')}`, 'test');

    it('refuses a node whose key of the same id is another one, by name', async () => {
      const cluster = await newCluster();
      await cluster.open();
      const refusal = await cluster.open({ rootKeys: otherKey }).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(RootKeyWrong);
      expect(refusal).toMatchObject({ code: 'ROOT_KEY_WRONG', rootKeyId: 'k1' });
    });

    it('lets one of two nodes with different keys in, when they are the first and start together', async () => {
      const cluster = await newCluster();
      const starts = await Promise.allSettled([cluster.open(), cluster.open({ rootKeys: otherKey })]);
      expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(starts.find((start) => start.status === 'rejected')?.reason).toBeInstanceOf(RootKeyWrong);
    });

    it('refuses a node without a key that still wraps something, by name, and lets it in once the keys were wrapped anew', async () => {
      const cluster = await newCluster();
      const account = newAccount();
      const secret = newSecret('hunter2');
      const old = await cluster.open();
      await old.put(account, [secret]);
      const key = await old.deriveKey('api-token');
      const [print] = await old.put(account, [newSecret('same')]);
      await expect(cluster.open({ rootKeys: rootKeys('k2') })).rejects.toThrow(RootKeyMissing);
      await expect(cluster.open({ rootKeys: rootKeys('k2') })).rejects.toMatchObject({ rootKeyId: 'k1' });

      const rotating = await cluster.open({ rootKeys: rootKeys('k2', 'k1') });
      const progress: number[] = [];
      expect(await rotating.rewrapAll((done, total) => progress.push(done / total))).toEqual({ rewrapped: 2, failedAccounts: [] });
      expect(progress.at(-1)).toBe(1);
      expect((await rotating.status()).wrappedKeys).toEqual(new Map([['k2', 2]]));
      expect(await rotating.rewrapAll()).toEqual({ rewrapped: 0, failedAccounts: [] });

      const renewed = await cluster.open({ rootKeys: rootKeys('k2') });
      expect((await renewed.open(account, secret)).reveal()).toBe('hunter2');
      expect(await renewed.deriveKey('api-token')).toEqual(key);
      expect(await renewed.fingerprint(account, secret.slot, newSecret('same').value)).toBe(print?.fingerprint);
    });

    it('names again what a node with an older key wraps after its key was struck off', async () => {
      const cluster = await newCluster();
      const old = await cluster.open();
      await cluster.open({ rootKeys: rootKeys('k2') });
      await old.put(newAccount(), [newSecret('late')]);
      await expect(cluster.open({ rootKeys: rootKeys('k2') })).rejects.toThrow(RootKeyMissing);
    });
  });

  describe('what lies in the streams', () => {
    it('is one stream a secret, whose newest event alone can be read', async () => {
      const cluster = await newCluster();
      const store = await cluster.open();
      const account = newAccount();
      const secrets = [newSecret('one'), newSecret('two', { slot: 'receiver.password' })];
      await store.put(account, secrets);
      const [first] = secrets;
      if (first === undefined) throw new Error('no secret');
      const moved = { ...first, version: 2, boundTo: ['smtp://other.example.com:587?tls=required'] };
      await store.put(account, [moved]);
      await store.put(account, [{ ...moved, version: 3 }]);
      const ofAccount = [...(await streamsOf(cluster))].filter(([id]) => id.startsWith(`secret${cluster.apart}-${account}`));
      expect(new Set(ofAccount.map(([id]) => secrets.find(({ secretId }) => id.includes(secretId))?.slot))).toEqual(
        new Set(['sender.password', 'receiver.password']),
      );
      expect(ofAccount).toHaveLength(2);
      for (const [, texts] of await streamsOf(cluster)) expect(texts).toHaveLength(1);
      await expect(store.open(account, first)).rejects.toThrow(SecretNotBoundToEndpoint);
      expect((await store.open(account, { ...moved, version: 3 })).reveal()).toBe('one');
    });

    it('holds no password in clear, nor in base64', async () => {
      const cluster = await newCluster();
      const store = await cluster.open();
      const password = 'CANARY-hunter2-4711';
      await store.put(newAccount(), [newSecret(password)]);
      const all = JSON.stringify([...(await streamsOf(cluster))]);
      expect(all).toContain('pl1.');
      for (const form of [password, Buffer.from(password).toString('base64').slice(0, 20), encodeURIComponent(password), Buffer.from(password).toString('hex')])
        expect(all).not.toContain(form);
    });

    it('does not open when it was altered, or put elsewhere, and doctor names it', async () => {
      const cluster = await newCluster();
      const store = await cluster.open();
      const [account, other] = [newAccount(), newAccount()];
      const [altered, sound] = [newSecret('hunter2'), newSecret('sound')];
      await store.put(account, [altered, sound]);
      await store.put(other, [newSecret('theirs')]);
      const [stream] = [...(await streamsOf(cluster)).keys()].filter((id) => id.includes(altered.secretId));
      const [sealed] = await dataOf(cluster.log, stream ?? '');
      await append(cluster.log, stream ?? '', { ...sealed, sealed: String(sealed?.['sealed']).replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')) });
      await expect(store.open(account, altered)).rejects.toThrow(SecretUnreadable);

      const [theirs] = await dataOf(cluster.log, `secret${cluster.apart}Account-${other}`);
      const [mine] = await dataOf(cluster.log, `secret${cluster.apart}Account-${account}`);
      expect(await store.doctor()).toEqual({ checked: 3, unreadable: [{ accountId: account, secretId: altered.secretId }], lostKeys: [] });
      await append(cluster.log, `secret${cluster.apart}Account-${account}`, { ...mine, keyId: theirs?.['keyId'], wrappedKey: theirs?.['wrappedKey'] });
      await expect(store.open(account, sound)).rejects.toThrow(SecretUnreadable);
    });
  });

  describe('what ends half-way', () => {
    it('an erase: nobody opens anything any more, and the next one finishes it', async () => {
      const cluster = await newCluster();
      const account = newAccount();
      const secrets = [newSecret('one'), newSecret('two')];
      const broken = await cluster.open({ log: { ...through(cluster.log), tombstoneStream: lost } });
      await broken.put(account, secrets);
      await expect(broken.shred(account)).rejects.toThrow(SecretStoreUnavailable);

      const store = await cluster.open();
      for (const secret of secrets) await expect(store.open(account, secret)).rejects.toThrow(SecretNotFound);
      await expect(store.put(account, [newSecret('again')])).rejects.toThrow(AccountShredded);
      await store.shred(account);
      expect([...(await streamsOf(cluster))].filter(([id, texts]) => id.includes(account) && texts !== null)).toEqual([]);
      expect((await store.pendingErasures()).map((erasure) => erasure.kind === 'account' && erasure.accountId)).toEqual([account]);
    });

    it('a destruction: the secret is gone for everybody, and the next sweep ends its stream', async () => {
      const cluster = await newCluster();
      const account = newAccount();
      const [gone, stays] = [newSecret('gone'), newSecret('stays')];
      const broken = await cluster.open({ now: () => noon, log: { ...through(cluster.log), tombstoneStream: lost } });
      await broken.put(account, [gone, stays]);
      await expect(broken.destroy(account, [gone.secretId])).rejects.toThrow(SecretStoreUnavailable);

      const store = await cluster.open();
      await expect(store.open(account, gone)).rejects.toThrow(SecretNotFound);
      await store.sweep({ now: noon, isCurrent: none });
      const ofAccount = [...(await streamsOf(cluster))].filter(([id]) => id.includes(gone.secretId));
      expect(ofAccount.map(([, texts]) => texts)).toEqual([null]);
      expect((await store.open(account, stays)).reveal()).toBe('stays');
    });

    it('a put: the same one again stores it, and a sweep takes what never came to its end', async () => {
      const cluster = await newCluster();
      const [account, orphaned] = [newAccount(), newAccount()];
      const secret = newSecret('hunter2');
      const broken = await cluster.open({ now: () => noon, log: { ...through(cluster.log), appendToStream: withoutSecrets(cluster.log) } });
      await expect(broken.put(account, [secret])).rejects.toThrow(SecretStoreUnavailable);
      await expect(broken.put(orphaned, [newSecret('orphan')])).rejects.toThrow(SecretStoreUnavailable);

      const store = await cluster.open({ now: () => noon });
      await expect(store.open(account, secret)).rejects.toThrow(SecretNotFound);
      await store.put(account, [secret]);
      expect((await store.open(account, secret)).reveal()).toBe('hunter2');
      await store.sweep({ now: hours(1), isCurrent: async (of, ids) => new Set(of === account ? ids : []) });
      expect(await store.listIds(orphaned)).toEqual(new Set());
      expect((await store.open(account, secret)).reveal()).toBe('hunter2');
    });

    it('a secret that was destroyed can be stored again under its id, as a late retry of its command does', async () => {
      const cluster = await newCluster();
      const store = await cluster.open();
      const account = newAccount();
      const secret = newSecret('hunter2');
      await store.put(account, [secret]);
      await store.destroy(account, [secret.secretId]);
      await store.put(account, [secret]);
      expect((await store.open(account, secret)).reveal()).toBe('hunter2');
    });
  });

  it('is what it was after the servers have scavenged, for a node that saw it before and for a new one', async () => {
    const cluster = await newCluster();
    const seen = await cluster.open({ now: () => noon });
    const [erased, kept] = [newAccount(), newAccount()];
    const [secret, gone] = [newSecret('kept'), newSecret('gone')];
    await seen.put(erased, [newSecret('x')]);
    await seen.put(kept, [secret, gone]);
    await seen.destroy(kept, [gone.secretId]);
    await seen.shred(erased);
    const before = await seen.status();
    double.log.scavenge();
    const fresh = await cluster.open({ now: () => noon });
    for (const store of [seen, fresh]) {
      expect(await store.status()).toEqual(before);
      expect((await store.open(kept, secret)).reveal()).toBe('kept');
      expect(await store.doctor()).toEqual({ checked: 1, unreadable: [], lostKeys: [] });
      await expect(store.put(erased, [newSecret('again')])).rejects.toThrow(AccountShredded);
    }
    expect(await fresh.sweep({ now: hours(1), isCurrent: none })).toEqual({ deleted: 1 });
    expect(await seen.sweep({ now: hours(1), isCurrent: none })).toEqual({ deleted: 0 });
  });

  describe('erasures that wait for the servers to scavenge', () => {
    it('are named, also to another node and after a restart, until all servers have scavenged them', async () => {
      const cluster = await newCluster();
      const [one, other] = await Promise.all([cluster.open(), cluster.open()]);
      const [erased, changed] = [newAccount(), newAccount()];
      const gone = newSecret('gone');
      await one.put(erased, [newSecret('x')]);
      await one.put(changed, [gone]);
      await one.shred(erased);
      await one.shred(erased);
      await one.destroy(changed, [gone.secretId]);
      const pending = await other.pendingErasures();
      expect(pending).toMatchObject([
        { kind: 'account', accountId: erased },
        { kind: 'secrets', accountId: changed, secretIds: [gone.secretId] },
      ]);
      await (await cluster.open({ rootKeys: rootKeys('k2', 'k1') })).rewrapAll();
      expect((await one.pendingErasures()).at(-1)).toMatchObject({ kind: 'rewrappedKeys', keys: 1 });
    });
  });
});

async function dataOf(log: KurrentDbLog, streamId: string): Promise<readonly Record<string, unknown>[]> {
  const read: Record<string, unknown>[] = [];
  for await (const { data } of log.readStream(streamId)) read.push(data);
  return read;
}

async function textsOf(log: KurrentDbLog, streamId: string): Promise<readonly string[] | null> {
  try {
    return (await dataOf(log, streamId)).map((data) => JSON.stringify(data));
  } catch {
    return null;
  }
}

async function append(log: KurrentDbLog, streamId: string, data: Record<string, unknown>): Promise<void> {
  await log.keepNewestOnly(streamId);
  await log.appendToStream(streamId, [{ id: crypto.randomUUID(), type: 'SecretSealed', data, metadata: {} }], 'any');
}

/** The log, to have single calls of it replaced. */
function through(log: KurrentDbLog): KurrentDbLog {
  return {
    appendToStream: (streamId, events, expected) => log.appendToStream(streamId, events, expected),
    readStream: (streamId, options) => log.readStream(streamId, options),
    readAll: (options) => log.readAll(options),
    subscribeToAll: (options) => log.subscribeToAll(options),
    headPosition: () => log.headPosition(),
    tombstoneStream: (streamId) => log.tombstoneStream(streamId),
    keepNewestOnly: (streamId) => log.keepNewestOnly(streamId),
    close: () => log.close(),
  };
}

function lost(): Promise<never> {
  return Promise.reject(new StoreUnavailable('The connection was lost.'));
}

function withoutSecrets(log: KurrentDbLog): KurrentDbLog['appendToStream'] {
  return (streamId, events, expected) => (events[0]?.type === 'SecretSealed' ? lost() : log.appendToStream(streamId, events, expected));
}
