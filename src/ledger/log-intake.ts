import type { Found } from './found.js';
import type { Hash } from './hashes.js';
import { noLeaf, type LoggedEvent, type LoggedLeaf } from './logged-event.js';
import type { VerificationInput } from './verification-input.js';

/** A leaf as the log has it. */
export interface LeafOfLog {
  readonly position: bigint;
  readonly hash: Hash;
  /** What is wrong with the event, where it cannot be read. */
  readonly problem: string | null;
}

/** Takes the events of the log in, looks whether they are whole in themselves, and leaves those that are leaves. */
export class LogIntake {
  events = 0;
  otherEvents = 0;
  lastPosition: bigint | null = null;
  lastRecordedAt: number | null = null;
  #leaves = 0;
  /** The revision that comes next in each stream. */
  readonly #revisions = new Map<string, number>();

  constructor(
    readonly input: Pick<VerificationInput, 'log' | 'countsPositions' | 'onProgress'>,
    readonly found: Found,
  ) {}

  async *leaves(): AsyncGenerator<readonly LeafOfLog[], void> {
    for await (const batch of this.input.log) {
      const leaves: LeafOfLog[] = [];
      for (const event of batch) {
        const leaf = this.#take(event);
        if (leaf) leaves.push(leaf);
      }
      this.input.onProgress?.(this.events);
      if (leaves.length > 0) yield leaves;
    }
  }

  #take(event: LoggedEvent): LeafOfLog | null {
    const { position } = event;
    if (this.input.countsPositions && position !== (this.lastPosition ?? 0n) + 1n) this.#gap(position);
    this.lastPosition = position;
    this.events++;
    switch (event.kind) {
      case 'other':
        this.otherEvents++;
        return null;
      case 'unreadable':
        this.#leaves++;
        return { position, hash: noLeaf(position), problem: event.problem };
      case 'leaf':
        this.#follow(event);
        this.lastRecordedAt = event.recordedAt;
        this.#leaves++;
        return { position, hash: event.hash, problem: null };
    }
  }

  #gap(position: bigint): void {
    const expected = (this.lastPosition ?? 0n) + 1n;
    const what =
      position > expected
        ? `The log has no event at position ${expected}: the next one stands at ${position}.`
        : `An event stands at position ${position}, where none can be.`;
    this.found.add({
      kind: 'POSITION_GAP',
      leafIndex: this.#leaves,
      endLeafIndex: null,
      position: position > expected ? expected : position,
      message: `${what} This engine leaves no gap, so an event was removed, inserted or moved here.`,
    });
  }

  #follow({ streamId, revision, position }: LoggedLeaf): void {
    const expected = this.#revisions.get(streamId) ?? 0;
    this.#revisions.set(streamId, revision + 1);
    if (revision === expected) return;
    this.found.add({
      kind: 'STREAM_BROKEN',
      leafIndex: this.#leaves,
      endLeafIndex: this.#leaves + 1,
      position,
      message: `In the stream ${streamId} revision ${revision} follows where ${expected} has to be. An event of the stream was removed, inserted, moved or changed, here or before.`,
    });
  }
}
