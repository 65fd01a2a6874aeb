import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingContext } from '../schema/recording-context.js';
import { once, startHttpService, transports, type HttpService } from './http-service.js';

const idle = recordingContext('ADMIN').context;

/** `depth` fields, one in the other: the account of an entry of the history of an account, and so on. */
function deep(depth: number): string {
  const names = ['emailAccounts(first: 1)', 'nodes', 'history(first: 1)', 'nodes', 'changes'];
  return names.slice(0, depth).reduceRight((inner, name) => `{ ${name} ${inner} }`, '{ __typename }');
}

describe('limits', () => {
  let service: HttpService;
  beforeAll(async () => {
    service = await startHttpService({ limits: { depth: 5, aliases: 5, rootFields: 3, tokens: 400, cost: 300 } });
  });
  beforeEach(() => service.behave({}));
  afterAll(() => service.stop());

  describe.each(transports)('over %s', (_transport, ask) => {
    const exceeded = async (document: string, variables?: Record<string, unknown>) => (await ask(service, document, variables)).errors;

    it('let through what is just within them', async () => {
      for (const document of [
        deep(4),
        '{ a: __typename b: __typename c: viewer { d: role e: role } }',
        '{ emailAccounts(first: 99) { nodes { __typename receiver { __typename } sender { __typename } } } }',
      ])
        expect((await ask(service, document)).errors).toEqual([]);
    });

    it('count how deep fields are nested, through fragments too', async () => {
      expect(await exceeded(deep(5))).toEqual([
        {
          message: 'The operation nests fields 6 deep, and at most 5 are allowed. Ask for less at once.',
          extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'depth', asked: 6, allowed: 5 },
        },
      ]);
      const throughFragments = `{ ...a } fragment a on Query { emailAccounts(first: 1) { ... { nodes { ...b } } } } fragment b on EmailAccount { history(first: 1) { nodes { id } } }`;
      expect(await exceeded(throughFragments)).toEqual([]);
      expect(await exceeded(throughFragments.replace('{ id }', '{ actor { id } }'))).toMatchObject([{ extensions: { limit: 'depth', asked: 6 } }]);
    });

    it('count aliases, in fragments each time that they are spread', async () => {
      const six = '{ a: __typename viewer { ...r } b: viewer { ...r } } fragment r on Viewer { c: role d: role }';
      expect(await exceeded(six)).toMatchObject([{ extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'aliases', asked: 6, allowed: 5 } }]);
      expect(await exceeded(six.replace('b: viewer', '...{ x: viewer').replace(' } }', ' } } }').replace('a: ', ''))).toEqual([]);
    });

    it('count root fields', async () => {
      expect(await exceeded('{ __typename serviceStatus { ready } viewer { role } emailProviders { __typename } }')).toMatchObject([
        { extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'rootFields', asked: 4, allowed: 3 } },
      ]);
    });

    it('count the tokens of the document', async () => {
      const { errors } = await ask(service, `{ ${'__typename '.repeat(400)} }`);
      expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
      expect(errors[0]?.message).toContain('more than 400 tokens');
    });

    it('count what pages can cost, by the variables that came with them', async () => {
      const pages =
        'query ($first: Int, $history: Boolean! = true) { emailAccounts(first: $first) { nodes { sender { __typename } history(first: 10) @include(if: $history) { nodes { id } } } } }';
      const cost = async (variables: Record<string, unknown>) => (await ask(service, pages, variables)).errors[0]?.extensions;
      expect(await cost({ first: 100 })).toMatchObject({ code: 'COST_LIMIT_EXCEEDED', limit: 'cost', allowed: 300 });
      expect(await cost({ first: 2 })).toBeUndefined();
      expect(await cost({ first: 100 })).toMatchObject({ limit: 'cost' });
      expect(await cost({ first: 100, history: false })).toBeUndefined();
      expect(await cost({ history: true })).toBeUndefined();
    });

    it('tell what an operation cost', async () => {
      expect(JSON.parse((await ask(service, '{ viewer { role } }')).text)).toMatchObject({ extensions: { cost: 1 } });
    });

    it('do not run what is beyond them', async () => {
      const called: string[] = [];
      service.behave({ accounts: { ...idle.accounts, page: () => (called.push('page'), { entries: [], hasNextPage: false, hasPreviousPage: false }) } });
      await ask(service, '{ a: emailAccounts(first: 100) { nodes { sender { __typename } history(first: 100) { nodes { id } } } } }');
      expect(called).toEqual([]);
    });

    it('end a document that multiplies itself through fragments, quickly', async () => {
      const levels = Array.from({ length: 30 }, (_, n) => `fragment f${n} on Viewer { ...f${n + 1} ...f${n + 1} }`).join(' ');
      expect(await exceeded(`{ viewer { ...f0 } } ${levels} fragment f30 on Viewer { role }`)).toMatchObject([
        { extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'selections', allowed: 10_000 } },
      ]);
    });

    it('end a fragment that spreads itself', async () => {
      expect(await exceeded('{ viewer { ...f } } fragment f on Viewer { role ...f }')).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    });
  });

  it('let the introspection of tools through', async () => {
    const usual = await startHttpService();
    for (const options of [{}, { inputValueDeprecation: true, oneOf: true, schemaDescription: true, specifiedByUrl: true, directiveIsRepeatable: true }]) {
      const { errors, data } = await usual.query(getIntrospectionQuery(options));
      expect(errors).toEqual([]);
      expect(JSON.stringify(data)).toContain('CreateEmailAccountInput');
    }
    await usual.stop();
  });

  it('let nothing be introspected where that is switched off', async () => {
    const closed = await startHttpService({ introspection: false });
    for (const [, ask] of transports)
      expect((await ask(closed, '{ __schema { queryType { name } } }')).errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }, {}]);
    await closed.stop();
  });

  it('refuse a body that is too large, and read no more of it', async () => {
    const small = await startHttpService({ limits: { bodyBytes: 1_000 } });
    const { status, codes, headers } = await small.query(`{ viewer { role } } # ${'x'.repeat(1_000)}`);
    expect([status, codes, headers.get('connection')]).toEqual([413, ['BAD_USER_INPUT'], 'close']);
    await small.stop();
  });

  it('close a WebSocket whose message is too large', async () => {
    const small = await startHttpService({ limits: { bodyBytes: 1_000 } });
    const closed = new Promise<number>((resolve) => {
      const client = small.connect('admin-token', resolve);
      client.on('connected', () =>
        client.subscribe({ query: `{ viewer { role } } # ${'x'.repeat(1_000)}` }, { next: () => undefined, error: () => undefined, complete: () => undefined }),
      );
    });
    expect(await closed).toBe(1009);
    await small.stop();
  });

  it('let a WebSocket have a hundred operations at a time', async () => {
    const client = service.connect();
    const running = Array.from(
      { length: 100 },
      () =>
        new Promise<void>((resolve, reject) => {
          client.subscribe(
            { query: 'subscription { auditEntryRecorded(after: "0") { id } }' },
            { next: () => resolve(), error: reject, complete: () => undefined },
          );
        }),
    );
    await Promise.all(running);
    expect((await once(client, '{ __typename }')).errors).toMatchObject([
      { extensions: { code: 'COST_LIMIT_EXCEEDED', limit: 'operations', asked: 101, allowed: 100 } },
    ]);
    await client.dispose();
  });
});
