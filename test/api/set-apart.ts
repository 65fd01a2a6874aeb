import type { EventStore, NewEvent, ReadAllOptions, RecordedEvent, StreamId, SubscriptionMessage } from '../../src/event-store/event-store.js';
import type { KurrentDbLog } from '../../src/event-store/kurrentdb.js';

/** The log as if nobody else used the server: each stream's name begins with `apart`, and nothing of other streams is ever seen. Positions are the server's. */
export function setApart(log: KurrentDbLog, apart: string): KurrentDbLog {
  const named = (streamId: StreamId) => `${apart}${streamId}`;
  const unnamed = (event: RecordedEvent): RecordedEvent => ({ ...event, streamId: event.streamId.slice(apart.length) });
  const own = <Options extends { readonly streamPrefixes?: readonly string[] }>(options: Options) => ({
    ...options,
    streamPrefixes: (options.streamPrefixes ?? ['']).map(named),
  });
  return {
    appendToStream: (streamId: StreamId, events: readonly NewEvent[], expected) => log.appendToStream(named(streamId), events, expected),
    async *readStream(streamId, options) {
      for await (const event of log.readStream(named(streamId), options)) yield unnamed(event);
    },
    async *readAll(options: ReadAllOptions = {}) {
      for await (const event of log.readAll(own(options))) yield unnamed(event);
    },
    async *subscribeToAll(options: Parameters<EventStore['subscribeToAll']>[0]): AsyncIterable<SubscriptionMessage> {
      for await (const message of log.subscribeToAll(own(options))) yield message.kind === 'event' ? { ...message, event: unnamed(message.event) } : message;
    },
    headPosition: () => log.headPosition(),
    tombstoneStream: (streamId) => log.tombstoneStream(named(streamId)),
    keepNewestOnly: (streamId) => log.keepNewestOnly(named(streamId)),
    close: () => log.close(),
  };
}

/** Ends every stream whose name begins with `apart`, so that the server keeps nothing of them once it has scavenged. */
export async function endStreams(log: KurrentDbLog, apart: string): Promise<void> {
  const streams = new Set<StreamId>();
  for await (const { streamId } of log.readAll({ streamPrefixes: [apart] })) streams.add(streamId);
  const left = [...streams];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let streamId = left.pop(); streamId !== undefined; streamId = left.pop()) await log.tombstoneStream(streamId);
    }),
  );
}
