import { randomUUID } from 'node:crypto';
import { StreamDeleted, type JsonObject } from '../../event-store/event-store.js';
import type { KurrentDbLog } from '../../event-store/kurrentdb.js';

export type StoredDocument =
  { readonly kind: 'present'; readonly data: JsonObject; readonly revision: bigint } | { readonly kind: 'missing' } | { readonly kind: 'ended' };

/** Streams as documents: the newest event is what the document says, and the only one that can be read. */
export class Documents {
  constructor(private readonly log: KurrentDbLog) {}

  /** As the leader knows it. */
  async read(streamId: string): Promise<StoredDocument> {
    let newest: StoredDocument = { kind: 'missing' };
    try {
      for await (const { data, revision } of this.log.readStream(streamId)) newest = { kind: 'present', data, revision };
    } catch (error) {
      if (error instanceof StreamDeleted) return { kind: 'ended' };
      throw error;
    }
    return newest;
  }

  /**
   * Writes the document, if it is as the writer read it. Answers its new revision.
   * @throws {ConcurrencyConflict} somebody else wrote first. @throws {StreamDeleted}
   */
  async write(streamId: string, type: string, data: JsonObject, after: bigint | 'no_stream'): Promise<bigint> {
    // A document of one event needs no limit; before it gets a second one it is limited, so that nothing is ever superseded and still there to read.
    if (after === 0n) await this.log.keepNewestOnly(streamId);
    const { revision } = await this.log.appendToStream(streamId, [{ id: randomUUID(), type, data, metadata: {} }], after);
    return revision;
  }

  /** Ends it for good. Repeating it does nothing. */
  async end(streamId: string): Promise<void> {
    await this.log.tombstoneStream(streamId);
  }
}
