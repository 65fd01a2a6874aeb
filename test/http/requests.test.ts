import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '../../src/commands/change.js';
import { ClientAddress } from '../../src/http/client-address.js';
import { recordingContext } from '../schema/recording-context.js';
import { answerOf, startHttpService, type HttpService } from './http-service.js';

const idle = recordingContext('ADMIN').context;
const rename = 'mutation { renameEmailAccount(input: { accountId: "Sales", accountName: "Sales" }) { errors { code } } }';
const token = { authorization: 'Bearer admin-token' };

describe('a request', () => {
  let service: HttpService;
  const calls: Call[] = [];
  beforeAll(async () => {
    service = await startHttpService({ trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] });
  });
  beforeEach(() => {
    calls.length = 0;
    service.behave({
      accountCommands: {
        ...idle.accountCommands,
        rename: (call) => {
          calls.push(call);
          return Promise.resolve({ entity: null, problems: [], consistencyToken: null, pending: false });
        },
      },
    });
  });
  afterAll(() => service.stop());

  const get = async (query: string, headers: Record<string, string> = { 'apollo-require-preflight': '1' }) =>
    answerOf(await fetch(`${service.url}?query=${encodeURIComponent(query)}`, { headers: { ...token, ...headers } }));

  describe('has', () => {
    it('an id of ours, which the caller learns, and which is the correlation id where there is no other', async () => {
      const { headers } = await service.query(rename);
      const requestId = headers.get('x-request-id');
      expect(requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(calls).toMatchObject([{ requestId, correlationId: requestId, actor: { id: 'id-of-admin-token' }, role: 'ADMIN' }]);
      expect((await service.query(rename, {}, { 'x-request-id': 'mine' })).headers.get('x-request-id')).not.toBe('mine');
    });

    it.each([
      ['order-4711.a_B', true],
      ['x'.repeat(64), true],
      ['x'.repeat(65), false],
      ['two words', false],
      ['{"a":1}', false],
    ])("the caller's correlation id %s: %s", async (correlationId, taken) => {
      await service.query(rename, {}, { 'x-correlation-id': correlationId });
      expect(calls[0]?.correlationId === correlationId).toBe(taken);
    });

    it('names of the client, without what could forge them elsewhere', async () => {
      await service.query(rename, {}, { 'user-agent': `Agent\t${'ü'.repeat(300)}`, 'apollographql-client-name': 'Web\u0085 console\u00ad' });
      expect(calls[0]?.userAgent).toBe(`Agent${'ü'.repeat(195)}`);
      expect(calls[0]?.clientName).toBe('Web console');
      await service.query(rename, {}, { 'graphql-client-name': 'x'.repeat(100) });
      expect(calls[1]?.clientName).toBe('x'.repeat(64));
    });

    it('the address that the trusted proxies name', async () => {
      await service.query(rename, {}, { 'x-forwarded-for': '198.51.100.9, 203.0.113.7, 10.1.2.3' });
      expect(calls[0]?.ip).toBe('203.0.113.7');
    });
  });

  describe('is answered', () => {
    it('in the media type that it asks for', async () => {
      const typeFor = async (accept: string) => (await service.query('{ __typename }', {}, { accept })).headers.get('content-type');
      expect(await typeFor('*/*')).toBe('application/json; charset=utf-8');
      expect(await typeFor('application/json')).toBe('application/json; charset=utf-8');
      expect(await typeFor('application/graphql-response+json')).toBe('application/graphql-response+json; charset=utf-8');
      expect(await typeFor('application/graphql-response+json, application/json;q=0.9')).toBe('application/graphql-response+json; charset=utf-8');
    });

    it('with 400 where it cannot run, and 200 to clients that know application/json alone', async () => {
      for (const document of ['{', '{ nothing }', 'query ($n: Int!) { emailAccounts(first: $n) { totalCount } }', '{ viewer '.repeat(20) + '}'.repeat(20)]) {
        const statusFor = async (accept: string) => (await service.query(document, {}, { accept })).status;
        expect([await statusFor('*/*'), await statusFor('application/json'), await statusFor('application/graphql-response+json')]).toEqual([400, 200, 400]);
      }
    });

    it('with nothing that tells what the service is made of', async () => {
      const { headers } = await service.query('{ __typename }');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    });

    it('by GET as well, if it only reads and no other site could have made it', async () => {
      expect(await get('{ viewer { role } }')).toMatchObject({ status: 200, data: { viewer: { role: 'ADMIN' } } });
      expect(await get(rename)).toMatchObject({ status: 405, codes: ['BAD_USER_INPUT'] });
      expect(await get('{ viewer { role } }', {})).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] });
      expect(calls).toEqual([]);
    });
  });

  describe('is refused', () => {
    it.each([
      ['JSON that ends too early', '{"query": "{ viewer { role', {}, 400],
      ['JSON that is no object', '"query"', {}, 400],
      ['an object without a query', '{}', {}, 400],
      ['a query that is no text', '{"query": {"kind": "Document"}}', {}, 400],
      ['variables that are no object', '{"query": "{ __typename }", "variables": "[]"}', {}, 400],
      ['several requests in one', '[{"query": "{ __typename }"}, {"query": "{ __typename }"}]', {}, 400],
      ['nothing', '', {}, 400],
      ['text', '{"query": "{ __typename }"}', { 'content-type': 'text/plain' }, 415],
      ['a form', 'query={__typename}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
      ['a file', 'x', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
      ['a prototype', '{"query": "{ __typename }", "__proto__": {"polluted": true}}', {}, 400],
      ['an answer that cannot be given', '{"query": "{ __typename }"}', { accept: 'image/png' }, 406],
      ['a persisted query', '{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}', {}, 200],
      ['a subscription', '{"query": "subscription { auditEntryRecorded { id } }"}', {}, 400],
    ])('when it brings %s, in words and with a code', async (_what, body, headers, status) => {
      const answer = await service.post(body, headers);
      expect(answer).toMatchObject({ status, codes: ['BAD_USER_INPUT'] });
      expect(answer.headers.get('content-type')).toContain('json');
      expect(answer.text).not.toMatch(/Apollo|node_modules|at \w+ \(|SyntaxError/);
    });

    it('without a word of a body that could not be read', async () => {
      const { text } = await service.post('{"query": "mutation", "variables": {"password": hunter2}}');
      expect(text).not.toMatch(/hunter2|unter|password/);
    });

    it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('by the method %s, and told which there are', async (method) => {
      const response = await fetch(service.url, { method, headers: token });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
      expect((await answerOf(response)).codes).toEqual(['BAD_USER_INPUT']);
    });

    it('at another path', async () => {
      const response = await answerOf(await fetch(new URL('/nowhere', service.url)));
      expect(response).toMatchObject({ status: 404, codes: ['BAD_USER_INPUT'] });
      const socket = await fetch(new URL('/nowhere', service.url), { headers: { connection: 'upgrade', upgrade: 'websocket' } }).catch(() => null);
      expect(socket?.status ?? 404).toBe(404);
    });

    it('when its headers are too large', async () => {
      expect((await fetch(service.url, { headers: { ...token, 'x-large': 'x'.repeat(20_000) } })).status).toBe(431);
    });
  });
});

describe('the address of a client', () => {
  const behind = new ClientAddress(['10.0.0.0/8', '2001:db8::1']);
  it.each([
    ['nobody in between', '203.0.113.7', undefined, '203.0.113.7'],
    ['a claim of a caller that is no proxy of ours', '203.0.113.7', '198.51.100.9', '203.0.113.7'],
    ['one proxy', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['two proxies, and a claim before them', '10.0.0.1', '198.51.100.9, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
    ['a proxy of IPv6', '2001:db8::1', '2001:db8::7', '2001:db8::7'],
    ['IPv4 over an IPv6 socket', '::ffff:10.0.0.1', '::ffff:203.0.113.7', '203.0.113.7'],
    ['a proxy that names no address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['proxies alone', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a connection that is gone', undefined, '203.0.113.7', null],
  ])('with %s', (_what, remote, forwardedFor, address) => {
    expect(behind.of(remote, forwardedFor)).toBe(address);
  });
});
