import { stderr, stdout } from 'node:process';
import type { Config } from '../config.js';
import { openKurrentDbEventStore } from '../event-store/kurrentdb.js';
import type { EventStore } from '../event-store/event-store.js';
import type { Calls } from '../event-store/kurrentdb/calls.js';
import { ErasureLedger, type Erasure } from '../secret-store/kurrentdb/erasure-ledger.js';
import { secretStreams } from '../secret-store/kurrentdb/streams.js';
import { CommandFailed } from './command-failed.js';
import { callOfOperator } from './command-line-token.js';
import { recordOperation } from './operation-records.js';
import { scavenge, scavengesNeeded, scavengesOf, stillNeeded } from './erasures-scavenges.js';
import { erasureLine } from './erasures-told.js';
import { ProgressBar } from './progress-bar.js';
import { membersKnownTo, type Member } from './store-members.js';
import { asOperator, operator, type Operator } from './store-operator.js';

export interface ErasureOptions {
  /** Who asks the servers, and has them scavenge. Left out: what is known without asking them. */
  readonly user?: string;
  /** False asks the servers, and has none of them scavenge. */
  readonly scavenge: boolean;
}

/** For tests. */
export interface ErasureSurroundings {
  readonly write?: (text: string) => void;
  /** Where the progress is shown; default: standard error. */
  readonly screen?: ProgressBar['stream'];
  /** See `KurrentDbSecretStoreOptions`. */
  readonly apart?: string;
}

type Write = (text: string) => void;

/**
 * Names what was erased and may still be in the files of the event store's servers. With a user, has each server scavenge as often as it takes, follows that, and notes what is gone.
 * @throws {CommandFailed} a server cannot be scavenged.
 */
export async function pendingErasures(
  { eventStore }: Pick<Config, 'eventStore'>,
  { user, scavenge: scavenges }: ErasureOptions,
  { write = (text) => stdout.write(text), screen = stderr, apart = '' }: ErasureSurroundings = {},
): Promise<void> {
  if (eventStore.engine === 'EMBEDDED') {
    write('Nothing waits: the embedded store overwrites what is erased at once.\n');
    return;
  }
  const log = await openKurrentDbEventStore({ connectionString: eventStore.connectionString });
  try {
    const ledger = new ErasureLedger(log, secretStreams(apart));
    const pending = await ledger.pending();
    const last = pending.at(-1);
    if (last === undefined) {
      write('Nothing waits.\n');
      return;
    }
    write(`May still be in the files of the servers:\n${pending.map((erasure) => `  ${erasureLine(erasure)}\n`).join('')}`);
    if (user === undefined) write(`Each server has to scavenge ${scavengesNeeded} times: npx postledger erasures pending --user ops\n`);
    else
      await askServers(operator(eventStore.connectionString, user), ledger, {
        last,
        scavenges,
        write,
        screen,
        scavenged: (servers) => recordScavenges(log, servers),
      });
  } finally {
    await log.close();
  }
}

interface Asked {
  readonly last: Erasure;
  readonly scavenges: boolean;
  readonly write: Write;
  readonly screen: ProgressBar['stream'];
  /** Told of the servers that were made to scavenge. */
  readonly scavenged: (servers: readonly string[]) => Promise<void>;
}

async function recordScavenges(events: EventStore, servers: readonly string[]): Promise<void> {
  await recordOperation(events, callOfOperator(), 'erasures pending', { type: 'ServersScavenged', data: { servers } });
}

async function askServers(who: Operator, ledger: ErasureLedger, { last, scavenges, write, screen, scavenged }: Asked): Promise<void> {
  await asOperator(who, async (calls) => {
    const members = await membersOf(who);
    const down = members.filter(({ isAlive }) => !isAlive);
    const upTo = last.position;
    if (scavenges) {
      const servers = await scavengeAll(calls, who, members, upTo, new ProgressBar('Scavenging', 'scavenges', screen));
      if (servers.length > 0) await scavenged(servers);
    }
    const done = await scavengesOf(calls, who);
    const left = members.map((member) => ({ name: member.name, needed: stillNeeded(done, member.name, upTo) })).filter(({ needed }) => needed > 0);
    for (const { name, needed } of left) write(`  ${name} has to scavenge ${needed === 1 ? 'once' : `${needed} times`} more\n`);
    if (left.length === 0) {
      // The position of the last erasure and no more: what was erased meanwhile waits for the next time.
      await ledger.scavenged(upTo + 1n);
      write('Gone from the files of all servers. Old backups of them still hold it.\n');
    } else if (scavenges || down.length > 0)
      throw new CommandFailed(
        `Some servers still have it in their files${down.length > 0 ? `; down: ${down.map(({ name }) => name).join(', ')}` : ''}. Run this again.`,
      );
  });
}

/** @returns the names of the servers that scavenged. */
async function scavengeAll(calls: Calls, who: Operator, members: readonly Member[], upTo: bigint, bar: ProgressBar): Promise<readonly string[]> {
  const before = await scavengesOf(calls, who);
  const tasks = members.filter(({ isAlive }) => isAlive).map((member) => ({ member, needed: stillNeeded(before, member.name, upTo) }));
  const total = tasks.reduce((sum, { needed }) => sum + needed, 0);
  let done = 0;
  bar.show(0, total);
  // One server after the other: each of them slows down a little while it scavenges.
  for (const { member, needed } of tasks)
    for (let round = 0; round < needed; round++) {
      // The number of files is not known before the end: each further one is half of what is left.
      await scavenge(calls, who, member, (files) => bar.show(done + 1 - 2 ** -files, total));
      bar.show(++done, total);
    }
  bar.finish();
  return tasks.filter(({ needed }) => needed > 0).map(({ member }) => member.name);
}

/** The servers as the first that answers knows them. */
async function membersOf({ settings }: Operator): Promise<readonly Member[]> {
  const failures: string[] = [];
  for (const endpoint of settings.endpoints) {
    try {
      return await membersKnownTo(settings, endpoint);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new CommandFailed(`No server says who belongs to the cluster (${failures.join('; ')}). npx postledger store check says why.`);
}
