import { createHash } from 'node:crypto';
import { CargoRefused, type SecretCargo } from '../secret-store/secret-cargo.js';
import { SecretUnreadable, type UnreadableSecret } from '../secret-store/secret-store.js';
import { canonical } from './canonical-event.js';
import { MigrationFailed, type OnProgress, type Side } from './side.js';

const atOnce = 64;

/** Two secret stores that hold the same, and whether it opens. */
export interface ComparedSecrets {
  readonly accounts: number;
  readonly shreddedAccounts: number;
  /** SHA-256 over all accounts with their sealed passwords, in hexadecimal. */
  readonly digest: string;
  /** How many passwords open on both sides. */
  readonly opened: number;
  /** Those that open on neither. */
  readonly unreadable: readonly UnreadableSecret[];
}

/** @throws {MigrationFailed} the target has passwords or keys of its own. @throws {SecretUnreadable} the source has what cannot be read. */
export async function copySecrets(source: Side, target: Side, onProgress: OnProgress): Promise<void> {
  const { accounts, shreddedAccounts } = await source.secrets.status();
  const total = accounts + shreddedAccounts;
  let done = 0;
  let group: SecretCargo[] = [];
  onProgress('secrets', 0, total);
  const load = async () => {
    const outcomes = await Promise.allSettled(group.map((cargo) => target.secrets.load(cargo)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
    done += group.length;
    group = [];
    onProgress('secrets', Math.min(done, total), total);
  };
  try {
    for await (const cargo of source.secrets.unload()) {
      group.push(cargo);
      if (group.length >= atOnce) await load();
    }
    await load();
  } catch (error) {
    if (error instanceof CargoRefused) throw new MigrationFailed(error.message, { cause: error });
    throw error;
  }
}

/**
 * Compares what both sides hold, then opens every password on each. A key is compared by its id and by what it opens: each side may have wrapped it in its own way.
 * @throws {MigrationFailed} with the first difference.
 */
export async function compareSecrets(source: Side, target: Side, onProgress: OnProgress): Promise<ComparedSecrets> {
  const hash = createHash('sha256');
  const theirs = target.secrets.unload();
  const counts = { accounts: 0, shreddedAccounts: 0 };
  try {
    for await (const cargo of source.secrets.unload()) {
      const next = await theirs.next();
      const line = canonical(comparable(cargo));
      if (next.done === true || line !== canonical(comparable(next.value))) throw differs(target, cargo);
      hash.update(`${line}\n`);
      if (cargo.kind === 'account') {
        counts.accounts++;
        await compareAccountKey(source, target, cargo.accountId);
      }
      if (cargo.kind === 'shreddedAccount') counts.shreddedAccounts++;
      if (cargo.kind === 'labelledKey') await compareLabelledKey(source, target, cargo.label);
    }
    const more = await theirs.next();
    if (more.done !== true) throw new MigrationFailed(`${target.name} holds ${named(more.value)}, and the source does not. Begin with an empty target.`);
  } finally {
    await theirs.return();
  }
  return { ...counts, digest: hash.digest('hex'), ...(await openAll(source, target, onProgress)) };
}

async function openAll(source: Side, target: Side, onProgress: OnProgress): Promise<Pick<ComparedSecrets, 'opened' | 'unreadable'>> {
  const { secrets: total } = await source.secrets.status();
  onProgress('openedHere', 0, total);
  const here = await source.secrets.doctor((done, total) => onProgress('openedHere', done, total));
  onProgress('openedThere', 0, total);
  const there = await target.secrets.doctor((done, total) => onProgress('openedThere', done, total));
  const known = new Set(here.unreadable.map(({ accountId, secretId }) => `${accountId} ${secretId}`));
  const lost = there.unreadable.find(({ accountId, secretId }) => !known.has(`${accountId} ${secretId}`));
  if (lost)
    throw new MigrationFailed(
      `Secret ${lost.secretId} of account ${lost.accountId} opens in the source and not in ${target.name}. Begin with an empty target.`,
    );
  const [openHere, openThere] = [here, there].map(({ checked, unreadable }) => checked - unreadable.length);
  if (openHere === undefined || openHere !== openThere)
    throw new MigrationFailed(`${openHere} passwords open in the source, and ${openThere} in ${target.name}. Start the migration again.`);
  return { opened: openHere, unreadable: there.unreadable };
}

/** An account without a password has a key as well, which personal data in its events is sealed under. */
async function compareAccountKey(source: Side, target: Side, accountId: string): Promise<void> {
  const [here, there] = await Promise.all([printOfKey(source, accountId), printOfKey(target, accountId)]);
  if (here !== there) throw new MigrationFailed(`${target.name} has another key of account ${accountId} than the source. Begin with an empty target.`);
}

/** Equal for equal keys; null for one that does not unwrap. */
async function printOfKey({ secrets }: Side, accountId: string): Promise<string | null> {
  try {
    return await secrets.usePersonalDataKey(accountId, { create: false }, (key) => key.print('Is it the same key?'));
  } catch (error) {
    if (error instanceof SecretUnreadable) return null;
    throw error;
  }
}

async function compareLabelledKey(source: Side, target: Side, label: string): Promise<void> {
  const [here, there] = await Promise.all([source.secrets.deriveKey(label), target.secrets.deriveKey(label)]);
  const isSame = here.equals(there);
  here.fill(0);
  there.fill(0);
  if (!isSame) throw new MigrationFailed(`${target.name} has another key "${label}" than the source. Begin with an empty target.`);
}

function comparable(cargo: SecretCargo): unknown {
  if (cargo.kind === 'shreddedAccount') return cargo;
  const { wrapped: _, ...compared } = cargo;
  return compared;
}

function differs({ name }: Side, cargo: SecretCargo): MigrationFailed {
  return new MigrationFailed(
    `${name} does not hold ${named(cargo)} as the source does. Start the migration again; if that does not help, begin with an empty target.`,
  );
}

function named(cargo: SecretCargo): string {
  switch (cargo.kind) {
    case 'account':
      return `the passwords of account ${cargo.accountId}`;
    case 'shreddedAccount':
      return `the erasure of account ${cargo.accountId}`;
    case 'labelledKey':
      return `the key "${cargo.label}"`;
  }
}
