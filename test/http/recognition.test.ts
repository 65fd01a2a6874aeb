import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { once, startHttpService, type HttpService } from './http-service.js';

/** Speaks the protocol by hand, up to the connection's end. */
function closeOf(
  url: string,
  first: object,
  protocols: string | string[] = 'graphql-transport-ws',
): Promise<{ code: number; reason: string; received: string[] }> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols);
  const received: string[] = [];
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  socket.on('open', () => socket.send(JSON.stringify(first)));
  return new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), received })));
}

describe('a caller', () => {
  let service: HttpService;
  beforeAll(async () => {
    service = await startHttpService();
  });
  afterEach(() => {
    service.revoked.clear();
    service.failures.length = 0;
  });
  afterAll(() => service.stop());

  it('with a token is who it says', async () => {
    expect((await service.query('{ viewer { actor { id } role } }')).data).toEqual({ viewer: { actor: { id: 'id-of-admin-token' }, role: 'ADMIN' } });
    expect((await service.query('{ viewer { role } }', {}, { authorization: 'Bearer viewer-token' })).data).toEqual({ viewer: { role: 'VIEWER' } });
    expect(service.failures).toEqual([]);
  });

  it('without one gets 401, is told how to send it, and is recorded', async () => {
    const response = await fetch(service.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'curl' },
      body: '{"query":"{ __typename }"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({
      errors: [{ message: 'A token is needed. Send it as: Authorization: Bearer <token>.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(service.failures).toMatchObject([{ cause: 'MALFORMED', call: { actor: { kind: 'ANONYMOUS' }, ip: '127.0.0.1', userAgent: 'curl' } }]);
  });

  it('with one that is not known, or no more, gets 401 and is recorded', async () => {
    const unknown = await service.query('{ __typename }', {}, { authorization: 'Bearer guessed' });
    expect([unknown.status, unknown.codes, unknown.headers.get('www-authenticate')]).toEqual([401, ['UNAUTHENTICATED'], 'Bearer error="invalid_token"']);
    expect(unknown.text).not.toContain('guessed');
    service.revoked.add('viewer-token');
    expect((await service.query('{ __typename }', {}, { authorization: 'Bearer viewer-token' })).status).toBe(401);
    expect(service.failures.map(({ cause }) => cause)).toEqual(['UNKNOWN', 'REVOKED']);
  });

  it('needs one for introspection too', async () => {
    const { status, data } = await service.query('{ __schema { queryType { name } } }', {}, { authorization: '' });
    expect([status, data]).toEqual([401, undefined]);
  });

  it('over WebSockets says who it is in connectionParams, or in a header', async () => {
    for (const parameters of [{ authorization: 'Bearer admin-token' }, { Authorization: 'Bearer admin-token' }]) {
      const socket = new WebSocket(service.url.replace('http', 'ws'), 'graphql-transport-ws');
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: parameters })));
      expect(await new Promise((resolve) => socket.on('message', (data: Buffer) => resolve(data.toString())))).toBe('{"type":"connection_ack"}');
      socket.terminate();
    }
    const socket = new WebSocket(service.url.replace('http', 'ws'), 'graphql-transport-ws', { headers: { authorization: 'Bearer admin-token' } });
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    expect(await new Promise((resolve) => socket.on('message', (data: Buffer) => resolve(data.toString())))).toBe('{"type":"connection_ack"}');
    socket.terminate();
  });

  it.each([
    ['no token', {}, 'MALFORMED'],
    ['an unknown one', { authorization: 'Bearer guessed' }, 'UNKNOWN'],
    ['something else in its place', { authorization: { token: 'admin-token' } }, 'MALFORMED'],
  ])('over WebSockets with %s is closed with 4403 and recorded', async (_what, payload, cause) => {
    const { code, reason, received } = await closeOf(service.url, { type: 'connection_init', payload });
    expect([code, received]).toEqual([4403, []]);
    expect(reason).not.toContain('guessed');
    expect(service.failures).toMatchObject([{ cause, call: { ip: '127.0.0.1' } }]);
  });

  it('over WebSockets who asks before saying who it is, is closed', async () => {
    const { code } = await closeOf(service.url, { id: '1', type: 'subscribe', payload: { query: '{ __typename }' } });
    expect(code).toBe(4401);
  });

  it('over WebSockets with another protocol, or something that is no message, is closed', async () => {
    expect((await closeOf(service.url, { type: 'connection_init' }, [])).code).toBe(4406);
    expect((await closeOf(service.url, { type: 'connection_init', payload: 'Bearer admin-token' })).code).toBe(4400);
  });

  it('whose token is revoked is closed when it asks next', async () => {
    let told: (code: number) => void = () => undefined;
    const closed = new Promise<number>((resolve) => (told = resolve));
    const client = service.connect('viewer-token', told);
    expect((await once(client, '{ __typename }')).data).toEqual({ __typename: 'Query' });
    service.revoked.add('viewer-token');
    client.subscribe(
      { query: '{ __typename }' },
      { next: () => expect.unreachable('The query was answered.'), error: () => undefined, complete: () => undefined },
    );
    expect(await closed).toBe(4403);
  });

  it('whose token is revoked is closed within 30 seconds, though it asks nothing', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const watched = await startHttpService();
    try {
      let told: (code: number) => void = () => undefined;
      const closed = new Promise<number>((resolve) => (told = resolve));
      const client = watched.connect('viewer-token', told);
      const other = watched.connect();
      // Twice: the second question goes out after the answer to a ping that came before the first one's answer.
      const areThere = async () => {
        for (const each of [client, other, client, other]) expect((await once(each, '{ __typename }')).data).toEqual({ __typename: 'Query' });
      };
      for (const seconds of [12, 12]) {
        await areThere();
        vi.advanceTimersByTime(seconds * 1_000);
        await areThere();
      }
      watched.revoked.add('viewer-token');
      vi.advanceTimersByTime(6_000);
      expect(await closed).toBe(4403);
      expect((await once(other, '{ __typename }')).data).toEqual({ __typename: 'Query' });
      vi.useRealTimers();
      await other.dispose();
    } finally {
      vi.useRealTimers();
      await watched.stop();
    }
  });
});
