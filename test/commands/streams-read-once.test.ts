import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamsReadOnce } from '../../src/commands/streams-read-once.js';
import type { RecordedEvent } from '../../src/event-store/event-store.js';
import { MemoryLog } from '../projections/memory-log.js';

const streamId = 'truststore-plant';

function record(log: MemoryLog, stream: string): bigint {
  const id = `00000000-0000-4000-8000-${String(log.events.length).padStart(12, '0')}`;
  return log.record(stream, [{ id, type: 'Something', data: {}, metadata: {} }], new Date(log.events.length)).position;
}

describe('streams that are read once', () => {
  it('give what there was up to any position that the log had when it was asked for, while the log grows: in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('grow', 'other', 'ask', 'whole', 'wait'), fc.nat(300)), { minLength: 1, maxLength: 60 }),
        fc.nat(350),
        async (turns, beginning) => {
          const log = new MemoryLog();
          for (let event = 0; event < beginning; event++) record(log, event % 3 === 0 ? 'truststore-other' : streamId);
          const streams = new StreamsReadOnce(log);
          const answers: Promise<readonly [found: readonly RecordedEvent[], expected: readonly RecordedEvent[]]>[] = [];
          const own = () => log.events.filter((event) => event.streamId === streamId);
          for (const [turn, number] of turns) {
            if (turn === 'grow') record(log, streamId);
            if (turn === 'other') record(log, 'truststore-other');
            if (turn === 'wait') await Promise.all(answers);
            if (turn !== 'ask' && turn !== 'whole') continue;
            const [position, from, present] = [BigInt(Math.min(number, log.events.length)), number % 2 === 0 ? 0n : 1n, own().length];
            const expected = own().filter((event) => event.position <= position);
            if (turn === 'ask') answers.push(streams.upTo(streamId, position, from).then((events) => [events, expected.slice(Number(from))]));
            // What comes while it is read may be in it too.
            else answers.push(streams.whole(streamId, BigInt(log.events.length)).then((events) => [events, own().slice(0, Math.max(present, events.length))]));
          }
          for (const [found, expected] of await Promise.all(answers)) expect(found).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('are read once for all who ask at the same time', async () => {
    const log = new MemoryLog();
    for (let event = 0; event < 50; event++) record(log, streamId);
    let reads = 0;
    const counted = { readStream: (...given: Parameters<MemoryLog['readStream']>) => (reads++, log.readStream(...given)) };
    const streams = new StreamsReadOnce(counted);
    await Promise.all(log.events.map(({ position }) => streams.upTo(streamId, position)));
    expect(reads).toBe(1);
  });
});
