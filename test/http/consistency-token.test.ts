import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerOf, startHttpService, transports, type HttpService } from './http-service.js';

class InvalidConsistencyToken extends Error {
  override readonly name = 'InvalidConsistencyToken';
}

const find = '{ a: emailAccount(accountId: "Sales") { accountName } b: emailAccount(accountId: "Sales") { accountName } }';

describe('a consistency token', () => {
  let service: HttpService;
  const awaited: string[] = [];
  beforeAll(async () => {
    service = await startHttpService();
  });
  beforeEach(() => {
    awaited.length = 0;
    service.freshness.await = (token) => {
      awaited.push(token);
      return Promise.resolve(true);
    };
  });
  afterAll(() => service.stop());

  it('comes as a header', async () => {
    expect((await service.query(find, {}, { 'consistency-token': 'p17' })).errors).toEqual([]);
    expect(awaited).toEqual(['p17']);
  });

  it('comes in the extensions of a GET as well', async () => {
    const url = `${service.url}?query=${encodeURIComponent(find)}&extensions=${encodeURIComponent('{"consistencyToken":"p18"}')}`;
    expect((await answerOf(await fetch(url, { headers: { authorization: 'Bearer admin-token', 'apollo-require-preflight': '1' } }))).errors).toEqual([]);
    expect(awaited).toEqual(['p18']);
  });

  describe.each(transports)('over %s', (_transport, ask) => {
    it('in the extensions is waited for once a request', async () => {
      expect((await ask(service, find, {}, { consistencyToken: 'p17' })).errors).toEqual([]);
      expect(awaited).toEqual(['p17']);
    });

    it('is not needed', async () => {
      expect((await ask(service, find, {}, { consistencyToken: null })).errors).toEqual([]);
      expect((await ask(service, find)).errors).toEqual([]);
      expect(awaited).toEqual([]);
    });

    it('that the views did not reach in time is a TIMEOUT, and nothing older is shown', async () => {
      service.freshness.await = () => Promise.resolve(false);
      expect(await ask(service, find, {}, { consistencyToken: 'p17' })).toMatchObject({
        data: { a: null, b: null },
        errors: [{ extensions: { code: 'TIMEOUT' } }, { extensions: { code: 'TIMEOUT' } }],
      });
    });

    it('that is damaged is BAD_USER_INPUT', async () => {
      service.freshness.await = () => Promise.reject(new InvalidConsistencyToken('p17?'));
      const { errors, text } = await ask(service, '{ emailAccount(accountId: "Sales") { accountName } }', {}, { consistencyToken: 'p17?' });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'consistencyToken' } }]);
      expect(text).not.toContain('p17');
    });

    it.each([17, { position: 17 }, 'x'.repeat(1_000)])('that is none is BAD_USER_INPUT: %s', async (consistencyToken) => {
      expect((await ask(service, find, {}, { consistencyToken })).errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT', argument: 'consistencyToken' } },
      ]);
      expect(awaited).toEqual([]);
    });
  });
});
