import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { StoreUnavailable, type EventStore } from '../../src/event-store/event-store.js';
import { migrate } from '../../src/migration/migrate.js';
import { AccountShredded, SecretStoreUnavailable } from '../../src/secret-store/secret-store.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';
import type { OpenedSide, SidePlace } from '../../src/start/migration-sides.js';
import { overriding } from '../commands/opened-commands.js';
import { newSecret } from '../secret-store/contract.js';
import { rootKeys } from '../secret-store/temporary-store.js';
import {
  accountAt,
  betweenPasswords,
  collect,
  contentsOf,
  emptyCluster,
  emptyDirectory,
  inCluster,
  inDirectory,
  lastMoment,
  opened,
  sealedOf,
  sharedSource,
  tokenKey,
} from './source.js';

const sourceDirectory = sharedSource();
const source = async () => opened(inDirectory(await sourceDirectory()));

const targets: readonly (readonly [string, () => Promise<SidePlace>])[] = [
  ['a directory', async () => inDirectory(await emptyDirectory())],
  ['a cluster', async () => inCluster(await emptyCluster(), await emptyDirectory())],
];

async function expectSame(one: OpenedSide, other: OpenedSide): Promise<void> {
  expect(await contentsOf(other.events)).toEqual(await contentsOf(one.events));
  expect(await sealedOf(other.secrets)).toEqual(await sealedOf(one.secrets));
}

/** Answers so many calls, then none any more. */
function lostAfter(calls: number, events: EventStore): EventStore {
  let left = calls;
  return overriding(events, {
    appendToStream: (...what) => (left-- > 0 ? events.appendToStream(...what) : Promise.reject(new StoreUnavailable('The network is gone.'))),
  });
}

describe.each(targets)('a migration to %s', (_, target) => {
  it('carries every event as it is, times included, and every password, and back', async () => {
    const from = await source();
    const to = await opened(await target());
    const { found, copied, cameLater, events, secrets } = await migrate(from, to);
    expect([found, copied, cameLater]).toEqual([0, events.count, 0]);
    expect(events.count).toBe((await contentsOf(from.events)).length);
    expect(secrets).toMatchObject({ accounts: 3, shreddedAccounts: 1, opened: 5, unreadable: [] });
    await expectSame(from, to);

    const back = await opened(inDirectory(await emptyDirectory()));
    expect((await migrate(to, back)).events.digest).toBe(events.digest);
    await expectSame(from, back);
    expect(await collect(back.events.readAll())).toEqual(await collect(from.events.readAll()));
  });

  it('leaves accounts as they were at every time, what was superseded to be reverted to or swept, and what was erased erased', async () => {
    const from = await source();
    const to = await opened(await target());
    await migrate(from, to);
    for (const at of [betweenPasswords, lastMoment]) expect(await accountAt(to, 'Sales', at)).toEqual(await accountAt(from, 'Sales', at));
    // Personal data travels sealed, and opens there with the key that came along.
    expect((await accountAt(to, 'Sales', lastMoment))[0]?.account).toMatchObject({
      accountName: 'Three',
      sender: { identity: { emailAddress: expect.stringContaining('@') as unknown } },
    });
    expect((await accountAt(to, 'Sales', betweenPasswords))[1]).toEqual(['sender secret', 'receiver secret']);
    expect((await accountAt(to, 'Sales', lastMoment))[1]).toEqual(['second sender secret', 'receiver secret']);
    expect(await to.secrets.fingerprint('Sales', 'sender.password', new SecretValue('sender secret'))).toBe(
      await from.secrets.fingerprint('Sales', 'sender.password', new SecretValue('sender secret')),
    );
    expect(await to.secrets.deriveKey(tokenKey)).toEqual(await from.secrets.deriveKey(tokenKey));
    await expect(to.secrets.put('Gone', [newSecret('again')])).rejects.toThrow(AccountShredded);

    const dayAfter = new Date('2026-03-02T09:00:00Z');
    const isCurrent = async (_account: string, ids: readonly string[]) => Promise.resolve(new Set(ids));
    const isReplaced = async (account: string, ids: readonly string[]) => {
      const current = new Set((await sealedReferences(from, account)).filter((id) => ids.includes(id)));
      return current;
    };
    expect(await to.secrets.sweep({ now: new Date(dayAfter.getTime() - 1), isCurrent })).toEqual({ deleted: 0 });
    expect(await to.secrets.sweep({ now: dayAfter, isCurrent: isReplaced })).toEqual({ deleted: 1 });
  });

  it('that is interrupted among the events goes on where it was, and writes nothing twice', async () => {
    const from = await source();
    const to = await opened(await target());
    const broken = { ...to, events: lostAfter(3, to.events), appendsAtOnce: Math.min(2, to.appendsAtOnce) };
    await expect(migrate(from, broken)).rejects.toThrow(StoreUnavailable);
    const halfWay = await contentsOf(to.events);
    expect(halfWay).toEqual((await contentsOf(from.events)).slice(0, halfWay.length));
    expect(halfWay.length).toBeGreaterThan(0);

    const { found, copied, events } = await migrate(from, to);
    expect([found, found + copied]).toEqual([halfWay.length, events.count]);
    await expectSame(from, to);
  });

  it('that copies a shredding takes from the target what an earlier run had brought there', async () => {
    const from = await source();
    const to = await opened(await target());
    await migrate(from, to);
    await from.secrets.shred('Support');
    expect(await migrate(from, to)).toMatchObject({ copied: 0, secrets: { accounts: 2, shreddedAccounts: 2, opened: 3 } });
    expect(await to.secrets.listIds('Support')).toEqual(new Set());
    await expectSame(from, to);
  });
});

describe('a migration', () => {
  const target = async () => inDirectory(await emptyDirectory());

  it('that is interrupted among the secrets goes on, and one that is repeated changes nothing', async () => {
    const from = await source();
    const to = await opened(await target());
    let left = 2;
    const secrets = overriding(to.secrets, {
      load: (cargo) => (left-- > 0 ? to.secrets.load(cargo) : Promise.reject(new SecretStoreUnavailable('The network is gone.'))),
    });
    await expect(migrate(from, { ...to, secrets })).rejects.toThrow(SecretStoreUnavailable);
    const first = await migrate(from, to);
    const again = await migrate(from, to);
    expect([again.found, again.copied, again.events.digest, again.secrets.digest]).toEqual([first.events.count, 0, first.events.digest, first.secrets.digest]);
    await expectSame(from, to);
  });

  it('is refused where the target holds something else, and adds nothing to it', async () => {
    const from = await source();
    const to = await opened(await target());
    await to.events.appendToStream('emailAccount-other', [{ id: randomUUID(), type: 'AccountEnabled', data: {}, metadata: {} }], 'no_stream');
    await expect(migrate(from, to)).rejects.toThrow(/holds something else: event 0 of stream emailAccount-other/);
    expect(await contentsOf(to.events)).toHaveLength(1);
  });

  it('is refused where the target has gone on by itself since', async () => {
    const from = await source();
    const to = await opened(await target());
    await migrate(from, to);
    await to.events.appendToStream('apiToken-later', [{ id: randomUUID(), type: 'ApiTokenRevoked', data: {}, metadata: {} }], 'no_stream');
    await expect(migrate(from, to)).rejects.toThrow(/holds something else: event 0 of stream apiToken-later/);
  });

  it('is refused where the target has passwords of its own for an account', async () => {
    const from = await source();
    const to = await opened(await target());
    await to.secrets.put('Sales', [newSecret('mine')]);
    await expect(migrate(from, to)).rejects.toThrow('Account sales has passwords of its own');
  });

  it('wraps every key under the root key in use, so that an older one is not needed there', async () => {
    const both = rootKeys('k2', 'k1');
    const from = await opened(inDirectory(await sourceDirectory()), both);
    const place = await target();
    const to = await opened(place, both);
    await migrate(from, to);
    expect([...(await to.secrets.status()).wrappedKeys.keys()]).toEqual(['k2']);
    await to.close();
    const alone = await opened(place, rootKeys('k2'));
    expect((await accountAt(alone, 'Sales', lastMoment))[1]).toEqual(['second sender secret', 'receiver secret']);
  });
});

describe('a source that is still written to', () => {
  const renamed = async ({ events }: OpenedSide) => {
    const [last] = (await collect(events.readStream('emailAccount-sales'))).slice(-1);
    if (!last) throw new Error('Sales is there.');
    await events.appendToStream(
      'emailAccount-sales',
      [{ id: randomUUID(), type: 'AccountRenamed', data: { accountName: 'Late' }, metadata: {} }],
      last.revision,
    );
  };

  /** As a cluster's log is, which nobody can lock. */
  const unlocked = async (): Promise<OpenedSide> => ({ ...(await source()), log: 'shared' });

  it('is copied on, and that is said', async () => {
    const from = await unlocked();
    const to = await opened(inDirectory(await emptyDirectory()));
    let writes = 2;
    const secrets = overriding(to.secrets, {
      // Once before the comparison, once during it.
      load: async (cargo) => {
        if (writes === 2 && writes-- > 0) await renamed(from);
        await to.secrets.load(cargo);
      },
      doctor: async (onProgress) => {
        if (writes === 1 && writes-- > 0) await renamed(from);
        return to.secrets.doctor(onProgress);
      },
    });
    expect(await migrate(from, { ...to, secrets })).toMatchObject({ cameLater: 2 });
    await expectSame(from, to);
  });

  it('is given up on when it never rests, with what to do', async () => {
    const from = await unlocked();
    const to = await opened(inDirectory(await emptyDirectory()));
    const secrets = overriding(to.secrets, {
      load: async (cargo) => {
        if (cargo.kind === 'labelledKey') await renamed(from);
        await to.secrets.load(cargo);
      },
    });
    await expect(migrate(from, { ...to, secrets })).rejects.toThrow('is still being written to. Stop its nodes');
  });
});

async function sealedReferences(side: OpenedSide, accountId: string): Promise<readonly string[]> {
  const [snapshot] = await accountAt(side, accountId, lastMoment);
  return [...JSON.stringify(snapshot?.account ?? {}).matchAll(/"secretId":"([^"]+)"/g)].map(([, id = '']) => id);
}
