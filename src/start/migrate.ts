import { stderr, stdout } from 'node:process';
import type { Config } from '../config.js';
import type { TreeHead } from '../ledger/checkpoint.js';
import type { ComparedEvents } from '../migration/compare-events.js';
import { migrate, type Migration } from '../migration/migrate.js';
import { MigrationFailed, type Step } from '../migration/side.js';
import { SecretUnreadable } from '../secret-store/secret-store.js';
import { CommandFailed } from './command-failed.js';
import {
  carryBelongings,
  carryDevelopmentKey,
  migrationKeys,
  openSide,
  refuseUnfit,
  sidePlace,
  signedIn,
  type OpenedSide,
  type SidePlace,
} from './migration-sides.js';
import { ProgressBar } from './progress-bar.js';

export interface MigrateOptions {
  readonly from: string;
  readonly to: string;
}

/**
 * Copies the log and the passwords of one data directory or cluster to another, compares both, and tells what was found.
 * @throws {CommandFailed} with the first difference, or why it cannot be done.
 */
export async function migrateStores({ from, to }: MigrateOptions, config: Config): Promise<void> {
  const [sourcePlace, targetPlace] = [sidePlace(from, config), sidePlace(to, config)];
  refuseUnfit(sourcePlace, targetPlace);
  const rootKeys = await migrationKeys(sourcePlace, config);
  const warn = (message: string) => void stderr.write(`${message}\n`);
  const source = await openSide(sourcePlace, rootKeys, warn);
  try {
    if (rootKeys.development) await carryDevelopmentKey(sourcePlace, targetPlace, config);
    const target = await openSide(targetPlace, rootKeys, warn);
    try {
      const { rootHash, targetRootHash } = await migrateSides(source, target, await signedIn(sourcePlace));
      await carryAlong(sourcePlace, targetPlace, rootHash === targetRootHash);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function carryAlong(source: SidePlace, target: SidePlace, isSame: boolean): Promise<void> {
  if (!isSame)
    stdout.write(
      'The clocks of the source stepped back, and times were raised: the tree of hashes is another one there. Keep the source, its keys and checkpoints for proofs of before.\n',
    );
  const left = await carryBelongings(source, target, isSame);
  if (left.length > 0)
    stdout.write(`Copy to the data directory of each node, so that checkpoints go on (audit-stream.db to the one that streams): ${left.join(', ')}\n`);
}

async function migrateSides(source: OpenedSide, target: OpenedSide, signed: readonly TreeHead[]): Promise<ComparedEvents> {
  const bars = new Bars(source.engine);
  try {
    const migration = await migrate(source, target, bars.show, signed);
    bars.finish();
    stdout.write(`${report(source, target, migration).join('\n')}\n`);
    return migration.events;
  } catch (error) {
    bars.finish();
    if (error instanceof MigrationFailed || error instanceof SecretUnreadable) throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
}

function report(source: OpenedSide, target: OpenedSide, { found, copied, cameLater, events, secrets }: Migration): readonly string[] {
  const { count, categories, digest, rootHash, targetRootHash, checkpoints, last } = events;
  const number = (value: number) => value.toLocaleString('en');
  const byCategory = [...categories].sort(([one], [other]) => (one < other ? -1 : 1)).map(([category, of]) => `${category} ${number(of)}`);
  return [
    `${target.name} holds what ${source.name} does.`,
    `  events      ${number(count)} on both sides${found > 0 ? `, ${number(found)} of them from an earlier run` : ''}, ${number(copied)} copied`,
    ...(count > 0 ? [`  streams     ${byCategory.join(', ')}`] : []),
    `  digest      SHA-256 ${digest} on both sides`,
    `  audit root  ${rootHash === targetRootHash ? `${rootHash} on both sides` : `${rootHash} in the source, ${targetRootHash} in the target`}; ${checkpoints === 1 ? '1 checkpoint' : `${number(checkpoints)} checkpoints`} of the source ${checkpoints === 1 ? 'holds' : 'hold'}`,
    ...(last
      ? [`  last event  ${last.source.id} (${last.source.type}), position ${last.source.position} in the source, ${last.target.position} in the target`]
      : []),
    `  accounts    ${number(secrets.accounts)} with keys, ${number(secrets.shreddedAccounts)} erased; SHA-256 ${secrets.digest} on both sides`,
    `  passwords   ${number(secrets.opened)} opened on both sides`,
    ...secrets.unreadable.map(({ accountId, secretId }) => `  Secret ${secretId} of account ${accountId} opens on neither side: enter that password again.`),
    ...(cameLater > 0 ? [`  ${number(cameLater)} events were written to the source while it was copied, and were copied as well.`] : []),
    ...(source.log === 'shared' ? ['  Whatever is written to the source from now on stays there: keep its nodes stopped.'] : []),
  ];
}

const titles: Readonly<Record<Step, readonly [title: string, unit: string]>> = {
  found: ['Finding the place', 'events'],
  events: ['Copying events', 'events'],
  secrets: ['Copying accounts', 'accounts'],
  compared: ['Comparing events', 'events'],
  openedHere: ['Opening, source', 'passwords'],
  openedThere: ['Opening, target', 'passwords'],
};

/** A bar for each step, one after the other. */
class Bars {
  #step: Step | null = null;
  #bar: ProgressBar | null = null;

  constructor(private readonly engine: OpenedSide['engine']) {}

  readonly show = (step: Step, done: number, total: number): void => {
    if (step !== this.#step) this.#bar?.finish();
    // Positions of a cluster are bytes of its log.
    const isLog = this.engine === 'KURRENTDB' && (step === 'found' || step === 'events');
    const [title, unit] = titles[step];
    if (step !== this.#step || this.#bar === null) this.#bar = new ProgressBar(title.padEnd(17), isLog ? 'kB of log' : unit);
    this.#step = step;
    if (isLog) this.#bar.show(Math.ceil(done / 1_000), Math.ceil(total / 1_000));
    else this.#bar.show(done, total);
  };

  finish(): void {
    this.#bar?.finish();
    this.#bar = null;
  }
}
