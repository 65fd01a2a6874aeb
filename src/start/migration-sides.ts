import { existsSync } from 'node:fs';
import { copyFile, chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StreamDatabase } from '../audit-stream/stream-database.js';
import { publicKeysIn } from '../checkpoints/signing-key.js';
import { standingHeads } from '../checkpoints/standing-heads.js';
import { isLoopback, type Config } from '../config.js';
import { openEmbeddedEventStore } from '../event-store/embedded.js';
import { openEmbeddedSecretStore } from '../secret-store/embedded.js';
import { loadRootKeys, type RootKeys } from '../secret-store/root-keys.js';
import type { TreeHead } from '../ledger/checkpoint.js';
import type { Side } from '../migration/side.js';
import { ownCheckpoints } from './checkpointing.js';
import { CommandFailed } from './command-failed.js';

/** Where one side of a migration is. */
export type SidePlace =
  | { readonly engine: 'EMBEDDED'; readonly directory: string }
  /** `directory` is the data directory of a node: its checkpoints are there. */
  | { readonly engine: 'KURRENTDB'; readonly connectionString: string; readonly directory: string };

export interface OpenedSide extends Side {
  readonly engine: SidePlace['engine'];
  close(): Promise<void>;
}

/** A data directory, a connection string, or `configured` for what the environment names: the way to keep a password out of the list of processes. */
export function sidePlace(text: string, { eventStore, dataDirectory }: Config): SidePlace {
  if (text === 'configured') return { ...eventStore, directory: dataDirectory };
  return text.includes('://') ? { engine: 'KURRENTDB', connectionString: text, directory: dataDirectory } : { engine: 'EMBEDDED', directory: resolve(text) };
}

/** @throws {CommandFailed} both are one, the source is not there, or neither takes part. */
export function refuseUnfit(source: SidePlace, target: SidePlace): void {
  if (source.engine === 'EMBEDDED') {
    if (target.engine === 'EMBEDDED' && source.directory === target.directory)
      throw new CommandFailed('The source and the target are one directory. Name two with --from and --to.');
    for (const file of ['events.db', 'secrets.db'])
      if (!existsSync(join(source.directory, file)))
        throw new CommandFailed(`There is no ${file} in ${source.directory}. Name the data directory of a service with --from.`);
  } else if (target.engine === 'KURRENTDB' && source.connectionString === target.connectionString)
    throw new CommandFailed('The source and the target are one event store. Name two with --from and --to.');
}

/**
 * The root keys that both sides are opened with: the configured ones; where there are none, those made for development beside the source, or in the configured data directory.
 * @throws {RootKeyRefused}
 */
export function migrationKeys(source: SidePlace, { rootKeys, dataDirectory, production, http }: Config): Promise<RootKeys> {
  const directory = source.engine === 'EMBEDDED' ? source.directory : dataDirectory;
  return loadRootKeys({ ...rootKeys, dataDirectory: directory, production: production || !isLoopback(http.host) });
}

/**
 * Puts the key that was made for development beside the target as well, whose passwords open with nothing else.
 * @throws {CommandFailed} the target has another one.
 */
export async function carryDevelopmentKey(source: SidePlace, target: SidePlace, { dataDirectory }: Config): Promise<void> {
  if (target.engine !== 'EMBEDDED') return;
  const from = join(source.engine === 'EMBEDDED' ? source.directory : dataDirectory, 'root-key');
  const to = join(target.directory, 'root-key');
  if (resolve(from) === resolve(to)) return;
  if (existsSync(to)) {
    if ((await readFile(to)).equals(await readFile(from))) return;
    throw new CommandFailed(`${to} is another root key than the source's. Choose an empty directory.`);
  }
  await mkdir(target.directory, { recursive: true, mode: 0o700 });
  await copyFile(from, to);
  await chmod(to, (await stat(from)).mode & 0o700);
}

/**
 * Opens one side, which for a data directory takes it for this process.
 * @throws {StoreLocked} @throws {RootKeyRefused} @throws {SecretStoreUnavailable} @throws {ConnectionStringRefused} nothing is left open.
 */
export function openSide(place: SidePlace, rootKeys: RootKeys, warn: (message: string) => void): Promise<OpenedSide> {
  return place.engine === 'EMBEDDED' ? openDirectory(place.directory, rootKeys) : openCluster(place, rootKeys, warn);
}

async function openDirectory(directory: string, rootKeys: RootKeys): Promise<OpenedSide> {
  const events = await openEmbeddedEventStore(directory);
  return orClose(events, async () => {
    const secrets = await openEmbeddedSecretStore({ directory, rootKeys });
    return {
      engine: 'EMBEDDED',
      name: directory,
      events,
      secrets,
      log: 'alone',
      // Appends of one turn are committed together, in the order of the calls.
      appendsAtOnce: 200,
      async close() {
        await secrets.close();
        await events.close();
      },
    };
  });
}

async function openCluster(
  { connectionString }: Extract<SidePlace, { engine: 'KURRENTDB' }>,
  rootKeys: RootKeys,
  warn: (message: string) => void,
): Promise<OpenedSide> {
  const { describeConnection, openKurrentDbEventStore, parseConnectionString } = await import('../event-store/kurrentdb.js');
  const { openKurrentDbSecretStore } = await import('../secret-store/kurrentdb.js');
  const name = `the event store at ${describeConnection(parseConnectionString(connectionString))}`;
  const events = await openKurrentDbEventStore({ connectionString, warn });
  return orClose(events, async () => {
    const secrets = await openKurrentDbSecretStore({ log: events, rootKeys });
    return {
      engine: 'KURRENTDB',
      name,
      events,
      secrets,
      log: 'shared',
      appendsAtOnce: 1,
      async close() {
        await secrets.close();
        await events.close();
      },
    };
  });
}

/** What was signed of the log of one side. @throws {CommandFailed} a checkpoint is not signed by a key of this log. @throws {NoteMalformed} */
export async function signedIn({ directory }: SidePlace): Promise<readonly TreeHead[]> {
  const { heads, untrusted } = standingHeads(await ownCheckpoints(directory).all(), await publicKeysIn(directory));
  if (untrusted.length > 0)
    throw new CommandFailed(
      `${untrusted.length} of the checkpoints in ${directory} are signed by no key of its audit-public-key: one of the two files was altered. postledger audit verify says more.`,
    );
  return heads;
}

/** What lies beside a log and proves it: the key that checkpoints are signed with, its public half, and the checkpoints; and how far the log was streamed. */
const evidence = ['audit-signing-key', 'audit-public-key', 'audit-checkpoints'] as const;
const streamed = 'audit-stream.db';

/**
 * Puts what belongs to the source's log beside the target's, which has not run yet: what an earlier run put there is replaced.
 * @param isSame whether both have the same tree of hashes: else what proves the source proves nothing of the target.
 * @returns the files that somebody has to put there: a cluster's nodes have data directories of their own.
 */
export async function carryBelongings(source: SidePlace, target: SidePlace, isSame: boolean): Promise<readonly string[]> {
  const files = [...(isSame ? evidence : []), streamed].filter((file) => existsSync(join(source.directory, file)));
  if (source.engine === 'EMBEDDED') StreamDatabase.settle(source.directory);
  if (source.engine === 'KURRENTDB' || target.engine === 'KURRENTDB') return files.map((file) => join(source.directory, file));
  for (const file of files) await carry(join(source.directory, file), join(target.directory, file));
  return [];
}

/** Whole or not at all. */
async function carry(from: string, to: string): Promise<void> {
  const unfinished = `${to}.unfinished`;
  await copyFile(from, unfinished);
  await chmod(unfinished, (await stat(from)).mode & 0o777);
  const file = await open(unfinished, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, to);
}

async function orClose(events: { close(): Promise<void> }, open: () => Promise<OpenedSide>): Promise<OpenedSide> {
  try {
    return await open();
  } catch (error) {
    await events.close();
    throw error;
  }
}
