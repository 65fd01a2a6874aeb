import { StreamDeleted, type StreamId } from '../event-store.js';
import type { Calls } from './calls.js';
import type { Failure } from './errors.js';

/** Takes away what a stream holds. What is taken away cannot be read from the stream any more; its bytes go from the servers' files with their next scavenges. */
export class Removals {
  constructor(private readonly calls: Calls) {}

  /** Ends the stream for good, whether it was ever there or not; its name takes no event again. Repeating it does nothing. */
  async tombstone(streamId: StreamId): Promise<void> {
    try {
      await this.calls.untilAnswered(
        (inUse, deadline) => inUse.client.tombstoneStream(streamId, { ...this.calls.options, expectedRevision: 'any', deadline }),
        {
          refusal: (failure) => refusalOf(failure, streamId),
          consequence: 'Whether the stream was ended is not known: end it again.',
        },
      );
    } catch (error) {
      if (!(error instanceof StreamDeleted)) throw error;
    }
  }

  /**
   * Makes the stream show its newest event alone, from now on. Repeating it changes nothing.
   * @throws {StreamDeleted}
   */
  async keepNewestOnly(streamId: StreamId): Promise<void> {
    await this.calls.untilAnswered(
      (inUse, deadline) => inUse.client.setStreamMetadata(streamId, { maxCount: 1 }, { ...this.calls.options, expectedRevision: 'any', deadline }),
      { refusal: (failure) => refusalOf(failure, streamId), consequence: 'Whether the stream was limited is not known: do it again.' },
    );
  }
}

function refusalOf(failure: Failure, streamId: StreamId): Error | undefined {
  return failure.kind === 'streamDeleted' ? new StreamDeleted(streamId) : undefined;
}
