import type { TreeHead } from '../ledger/checkpoint.js';
import { compareEvents, type ComparedEvents } from './compare-events.js';
import { copyEvents, placeReached, type Place } from './copy-events.js';
import { compareSecrets, copySecrets, type ComparedSecrets } from './secrets.js';
import { MigrationFailed, ownEvents, type OnProgress, type Side } from './side.js';

/** How often a source that is still written to is copied on before its writers have to stop. */
const mostRounds = 10;
/** After so many rounds secrets that differ are no longer taken for a change that is under way. */
const roundsForSecrets = 3;

export interface Migration {
  /** Events that an earlier run had copied. */
  readonly found: number;
  readonly copied: number;
  /** Events among them that the source got while it was copied. */
  readonly cameLater: number;
  readonly events: ComparedEvents;
  readonly secrets: ComparedSecrets;
}

/**
 * Copies a log and its secrets into an empty pair of stores, or goes on where an earlier run ended, then compares both sides. The source is only read. It should have no writers; those
 * it has are noticed, and what they add until the end of the comparison is copied as well.
 * @param signed what the source's checkpoints say: the log has to be what was signed.
 * @throws {MigrationFailed} the target holds something else, or a difference was found. What was copied stays.
 */
export async function migrate(source: Side, target: Side, onProgress: OnProgress = () => undefined, signed: readonly TreeHead[] = []): Promise<Migration> {
  const found = await placeReached(source, target, onProgress);
  // Each round ends with what the events refer to, so nothing in the target ever refers to a password that is nowhere.
  let place = await copyEvents(source, target, found, onProgress);
  const first = place;
  for (let round = 1; ; round++) {
    await copySecrets(source, target, onProgress);
    const after = await copyEvents(source, target, place, onProgress);
    if (after.count === place.count) {
      const compared = await compare(source, target, place, { round, signed, onProgress });
      if (compared) return { found: found.count, copied: place.count - found.count, cameLater: place.count - first.count, ...compared };
    }
    if (round === mostRounds)
      throw new MigrationFailed(`${source.name} is still being written to. Stop its nodes, then start the migration again: only the rest is copied.`);
    place = after;
  }
}

/** Null when the source was written to meanwhile. */
async function compare(
  source: Side,
  target: Side,
  { count, position }: Place,
  { round, signed, onProgress }: { readonly round: number; readonly signed: readonly TreeHead[]; readonly onProgress: OnProgress },
): Promise<Pick<Migration, 'events' | 'secrets'> | null> {
  const events = await compareEvents(source, target, count, signed, onProgress);
  const secrets = await secretsOrChanging(source, target, round, onProgress);
  for await (const _ of ownEvents(source, position)) return null;
  return secrets && { events, secrets };
}

/** Null when a node that still runs may have stored a password since, or put one away. */
async function secretsOrChanging(source: Side, target: Side, round: number, onProgress: OnProgress): Promise<ComparedSecrets | null> {
  try {
    return await compareSecrets(source, target, onProgress);
  } catch (error) {
    if (!(error instanceof MigrationFailed) || source.log === 'alone' || round >= roundsForSecrets) throw error;
    return null;
  }
}
