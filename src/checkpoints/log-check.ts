import { setImmediate as nextTurn, setTimeout as after } from 'node:timers/promises';
import { StoreUnavailable, type EventStore } from '../event-store/event-store.js';
import { leafHash, type Hash } from '../ledger/hashes.js';
import { leafInput } from '../ledger/leaf.js';

export interface HashedLeaves {
  readonly size: number;
  leavesFrom(index: number, most: number): readonly { readonly hash: Hash; readonly position: bigint }[];
}

export interface LogCheck {
  readonly rawEvents: Pick<EventStore, 'readAll'>;
  /** The streams whose events are leaves. */
  readonly streamPrefixes: readonly string[];
  readonly hashes: HashedLeaves;
  readonly signal: AbortSignal;
  /** How long it rests for each millisecond that it works. Default: 2. */
  readonly rest?: number;
}

const atOnce = 500;

/**
 * Hashes the log anew and holds it against what was hashed of it when the events came, as far as that was when this began: an event that was changed since is found, though nobody changed its hash.
 * It leaves most of the time to others.
 * @returns what is wrong, in a sentence; null when nothing is, or it was aborted.
 * @throws {StoreUnavailable} the log was lost.
 */
export async function contradictionInLog({ rawEvents, streamPrefixes, hashes, signal, rest = 2 }: LogCheck): Promise<string | null> {
  const { size } = hashes;
  let recorded: ReturnType<HashedLeaves['leavesFrom']> = [];
  let [index, first, began] = [0, 0, performance.now()];
  try {
    for await (const event of rawEvents.readAll({ streamPrefixes })) {
      if (index === size || signal.aborted) return null;
      if (index - first === recorded.length) {
        // A rest keeps no process alive; where there is none, nobody else does either.
        if (rest === 0) await nextTurn();
        else await after((performance.now() - began) * rest, undefined, { signal, ref: false }).catch(() => undefined);
        [recorded, first, began] = [hashes.leavesFrom(index, atOnce), index, performance.now()];
      }
      const leaf = recorded[index - first];
      // The hashes are being made anew: what they are made of now they are not held against.
      if (leaf === undefined) return null;
      if (leaf.position !== event.position)
        return changed(`something at position ${leaf.position < event.position ? leaf.position : event.position} was removed, inserted or moved`);
      if (!leafHash(leafInput(event)).equals(leaf.hash)) return changed(`the event ${event.id} at position ${event.position} was changed`);
      index++;
    }
  } catch (error) {
    if (error instanceof StoreUnavailable || signal.aborted) throw error;
    // What this service wrote can be read: somebody else wrote there.
    return changed(`an event can no longer be read, the ${index + 1}th or one soon after it (${error instanceof Error ? error.message : String(error)})`);
  }
  return index < size && !signal.aborted ? changed(`its last ${size - index} events are gone`) : null;
}

function changed(what: string): string {
  return `The log is not what it was when its events came: ${what}. postledger audit verify says more. No checkpoint is signed until then.`;
}
