import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { secretReferences } from '../../src/domain/email-account/state.js';
import type { EmailAccountSnapshot } from '../../src/domain/email-account/snapshot.js';
import type { EventStore, RecordedEvent } from '../../src/event-store/event-store.js';
import { AccountHistory } from '../../src/commands/account-history.js';
import { SealingEventStore } from '../../src/personal-data/sealing-event-store.js';
import type { CarryingSecretStore, SecretCargo } from '../../src/secret-store/secret-cargo.js';
import { openSide, type OpenedSide, type SidePlace } from '../../src/start/migration-sides.js';
import { account, imap, password, smtp } from '../commands/inputs.js';
import { call, openCommands } from '../commands/opened-commands.js';
import { startKurrentDbDouble, type KurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import { rootKeys } from '../secret-store/temporary-store.js';

export const tokenKey = 'api-token-verifiers';
/** Between the first password of Sales and the second. */
export const betweenPasswords = new Date('2026-03-01T08:30:00Z');
/** When the last of it happened. */
export const lastMoment = new Date('2026-03-01T12:00:00Z');

/** A data directory with all that a service leaves in one: made once for a file of tests, each of which gets a copy. */
export function sharedSource(): () => Promise<string> {
  let made = '';
  beforeAll(async () => {
    made = await mkdtemp(join(tmpdir(), 'postledger-migration-'));
    await fill(made);
  });
  afterAll(() => rm(made, { recursive: true, force: true }));
  return async () => {
    const copy = await emptyDirectory();
    // The closed databases give up their logs only when the garbage collector has been there: a log is empty by then, or still whole, and is copied before its database.
    for (const name of (await readdir(made)).toSorted((one, other) => other.localeCompare(one)))
      await copyFile(join(made, name), join(copy, name)).catch((error: unknown) => {
        if (!/-(?:wal|shm)$/.test(name)) throw error;
      });
    return copy;
  };
}

/** Accounts that take turns in the log, a replaced password that may still be reverted to, an erased account, a refused attempt, a key for tokens. */
async function fill(directory: string): Promise<void> {
  const clock = { now: new Date('2026-03-01T08:00:00Z') };
  const service = await openCommands({ directory, clock, until: () => undefined });
  const { accounts, secrets } = service;
  const Sales = { accountId: 'Sales' };
  await accounts.create(call, account(), { idempotencyKey: 'first' });
  clock.now = new Date('2026-03-01T09:00:00Z');
  await accounts.changeSenderPassword(call, { ...Sales, password: password('second sender secret') }, { reason: 'Rotation' });
  await accounts.create(call, account({ accountId: 'Gone' }), {});
  await accounts.create(call, account({ accountId: 'Support', accountName: 'Süd – “Support” 📮', receiver: imap('pop secret', {}, 'pop3') }), {});
  clock.now = new Date('2026-03-01T10:00:00Z');
  for (const [accountId, accountName] of [
    ['Sales', 'One'],
    ['Support', 'Two'],
    ['Sales', 'Three'],
  ] as const)
    await accounts.rename(call, { accountId, accountName }, {});
  await accounts.create(call, account(), {});
  await accounts.erase(call, { accountId: 'Gone', confirmation: 'Gone' }, { reason: 'Asked for' });
  clock.now = lastMoment;
  await accounts.create(call, account({ accountId: 'Relay', sender: smtp(null), receiver: null }), {});
  await secrets.deriveKey(tokenKey);
  await service.close();
}

export async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postledger-migration-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function emptyCluster(): Promise<KurrentDbDouble> {
  const double = await startKurrentDbDouble();
  onTestFinished(() => double.stop());
  return double;
}

export const inDirectory = (directory: string): SidePlace => ({ engine: 'EMBEDDED', directory });
export const inCluster = (double: KurrentDbDouble, directory: string): SidePlace => ({
  engine: 'KURRENTDB',
  connectionString: double.connectionString(),
  directory,
});

/** A side that is closed with the test, or before. */
export async function opened(place: SidePlace, keys = rootKeys('k1')): Promise<OpenedSide> {
  const side = await openSide(place, keys, () => undefined);
  onTestFinished(() => side.close());
  return side;
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The events as they have to be on each side. Where they stand is each store's own. */
export async function contentsOf(events: EventStore): Promise<readonly Omit<RecordedEvent, 'position'>[]> {
  const all = await collect(events.readAll({ streamPrefixes: ['emailAccount-', 'securityLog-', 'apiToken-'] }));
  return all.map(({ position, ...event }) => {
    expect(position).toBeGreaterThan(0n);
    return event;
  });
}

/** Everything but how the keys are wrapped. */
export async function sealedOf(secrets: CarryingSecretStore): Promise<readonly Partial<SecretCargo>[]> {
  const cargo = await collect(secrets.unload());
  return cargo.map((part): Partial<SecretCargo> => {
    if (part.kind === 'shreddedAccount') return part;
    const { wrapped: _, ...rest } = part;
    return rest;
  });
}

/** The account as it was at a time, and the passwords that it then had, opened. */
export async function accountAt(side: OpenedSide, accountId: string, at: Date): Promise<readonly [EmailAccountSnapshot | null, readonly string[]]> {
  const snapshot = await new AccountHistory(new SealingEventStore(side.events, side.secrets)).at(accountId, at);
  const passwords: string[] = [];
  for (const reference of snapshot ? secretReferences(snapshot.account) : []) {
    const slot = reference.secretId === senderSecret(snapshot) ? 'sender.password' : 'receiver.password';
    passwords.push((await side.secrets.open(accountId, { ...reference, slot })).reveal());
  }
  return [snapshot, passwords];
}

function senderSecret(snapshot: EmailAccountSnapshot | null): string | undefined {
  const { sender } = snapshot?.account ?? {};
  const reference = sender && 'password' in sender ? sender.password : null;
  return typeof reference === 'object' ? reference?.secretId : undefined;
}
