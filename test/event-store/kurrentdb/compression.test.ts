import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openKurrentDbEventStore } from '../../../src/event-store/kurrentdb.js';
import { declineCompression } from '../../../src/event-store/kurrentdb/compression.js';
import { newEvent } from '../contract.js';

describe('compression', () => {
  it('is declined on the wire, with every call', async () => {
    const requests: IncomingHttpHeaders[] = [];
    const server = createServer();
    server.on('stream', (stream, headers) => {
      requests.push(headers);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' }, { endStream: true });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const store = await openKurrentDbEventStore({ connectionString: `esdb://127.0.0.1:${(server.address() as AddressInfo).port}?tls=false` });
    onTestFinished(async () => {
      await store.close();
      server.close();
    });
    await Promise.allSettled([store.appendToStream('a-1', [newEvent()], 'any'), store.headPosition()]);
    expect(new Set(requests.map((headers) => headers[':path']))).toEqual(
      new Set(['/event_store.client.streams.Streams/Append', '/event_store.client.streams.Streams/Read']),
    );
    expect(requests.map((headers) => headers['grpc-accept-encoding'])).toEqual(['identity', 'identity']);
  });

  it('is taken, with a warning, where the library has changed inside', () => {
    const missing = () => {
      throw new Error('no such module');
    };
    for (const load of [missing, () => ({}), () => ({ CompressionFilter: {} }), () => ({ CompressionFilter: { prototype: {} } })]) {
      const warnings: string[] = [];
      declineCompression((message) => warnings.push(message), load);
      expect(warnings).toEqual([expect.stringContaining('Use the version of package.json')]);
    }
  });
});
