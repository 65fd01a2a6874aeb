import { buildSchema, getNamedType, isAbstractType, isInterfaceType, isObjectType, type GraphQLNamedType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { guard } from '../../schema/access/guard.js';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { globalId } from '../../schema/node/global-id.js';
import type { TestProgress } from '../../src/commands/connection-tests.js';
import { isAllowed, policy } from '../../src/domain/access/policy.js';
import { CommandRefused } from '../../src/domain/decider.js';
import { answers, codesOf, firstAnswer, operation } from './answers.js';
import { account, recordingContext } from './recording-context.js';

const schema = buildPostledgerSchema();

describe('a field that nobody decided on', () => {
  it('keeps the schema from being served', () => {
    expect(() => guard(buildSchema('type Query { backDoor: String }'))).toThrow(/Query\.backDoor has no line in the policy/);
  });
});

describe('a denied attempt', () => {
  it.each([
    [
      'mutation { eraseEmailAccount(input: { accountId: "Sales", confirmation: "Sales", reason: "x" }) { pending } }',
      { entityType: 'EmailAccount', entityId: 'Sales' },
    ],
    ['mutation { revokeApiToken(input: { id: "t1" }) { pending } }', { entityType: 'ApiToken', entityId: 't1' }],
    ['query { apiTokens { totalCount } }', { entityType: 'Service', entityId: 'postledger' }],
    ['query { compareEmailAccountVersions(accountId: "Sales", from: 1, to: 2) { from } }', { entityType: 'EmailAccount', entityId: 'Sales' }],
    ['query { emailAccount(accountId: "Sales") { history { totalCount } } }', { entityType: 'EmailAccount', entityId: 'Sales' }],
  ])('is recorded with what it was aimed at: %s', async (text, aimedAt) => {
    const { context, denied } = recordingContext('VIEWER');
    await firstAnswer(schema, operation(text), context);
    expect(denied).toEqual([expect.objectContaining(aimedAt)]);
  });

  it('never carries more of what was sent than an id', async () => {
    const { context, denied } = recordingContext('VIEWER');
    const asked = operation('mutation ($input: RenameEmailAccountInput!) { renameEmailAccount(input: $input) { pending } }');
    await firstAnswer(schema, { ...asked, variables: { input: { accountId: 'x'.repeat(500), accountName: 'confidential' } } }, context);
    expect(denied).toEqual([{ command: 'Mutation.renameEmailAccount', entityType: 'EmailAccount', entityId: 'x'.repeat(64) }]);
  });

  it('on every account of a list is one attempt; on two accounts, asked for one by one, two', async () => {
    const list = recordingContext('VIEWER', {}, [account, account, account]);
    expect(codesOf(await firstAnswer(schema, operation('{ emailAccounts { nodes { history { totalCount } } } }'), list.context))).toContain('FORBIDDEN');
    expect(list.denied).toHaveLength(1);
    const each = recordingContext('VIEWER');
    const compare = (id: string) => `${id}: compareEmailAccountVersions(accountId: "${id}", from: 1, to: 2) { from }`;
    await firstAnswer(schema, operation(`{ ${compare('a')} ${compare('b')} }`), each.context);
    expect(each.denied.map(({ entityId }) => entityId)).toEqual(['a', 'b']);
  });

  it('in every message of a subscription is one attempt', async () => {
    const { context, denied } = recordingContext('VIEWER');
    const results = await answers(schema, operation('subscription { emailAccountChanged { cursor entry { id } } }'), context, 2);
    expect(results.map(codesOf)).toEqual([['FORBIDDEN'], ['FORBIDDEN']]);
    expect(denied).toHaveLength(1);
  });

  it('stays denied where it cannot be recorded', async () => {
    const { context, reached } = recordingContext('VIEWER', {
      securityLog: { ...recordingContext('VIEWER').context.securityLog, accessDenied: () => Promise.reject(new Error('the disk is full')) },
    });
    const result = await firstAnswer(schema, operation('query { apiTokens { totalCount } }'), context);
    expect(result.data).toBeNull();
    expect(result.errors?.[0]?.message).toBe('the disk is full');
    expect(reached).toEqual([]);
  });
});

describe('a viewer', () => {
  it('has no road to the audit trail, to where a request came from, or to API tokens', () => {
    expect(
      [...within(schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType())].filter((name) =>
        /Entry$|^AuditEntry|^FieldChange$|^RequestOrigin$|^EmailAccountComparison$|ApiToken(?:Connection|Payload|Edge)$/.test(name),
      ),
    ).toEqual([]);
  });

  it('finds no API token by `node`, which answers with anything that has an id', async () => {
    const token = operation(`{ node(id: "${globalId('ApiToken', 'token')}") { id ... on ApiToken { name } } }`);
    const viewer = recordingContext('VIEWER');
    expect((await firstAnswer(schema, token, viewer.context)).data).toEqual({ node: null });
    expect(viewer.reached).toEqual([]);
    const admin = recordingContext('ADMIN');
    expect((await firstAnswer(schema, token, admin.context)).data).toMatchObject({ node: { name: 'CI' } });
  });

  /** The names of all types that the role can come by, field after field, through nothing that is denied to it. */
  function within(...start: readonly (GraphQLNamedType | null | undefined)[]): ReadonlySet<string> {
    const seen = new Set<string>();
    const visit = (type: GraphQLNamedType | null | undefined): void => {
      if (!type || seen.has(type.name)) return;
      seen.add(type.name);
      if (isAbstractType(type)) for (const possible of schema.getPossibleTypes(type)) visit(possible);
      if (!isObjectType(type) && !isInterfaceType(type)) return;
      for (const field of Object.values(type.getFields())) {
        const line = `${type.name}.${field.name}`;
        if (!(line in policy) || isAllowed('VIEWER', line)) visit(getNamedType(field.type));
      }
    };
    for (const type of start) visit(type);
    return seen;
  }
});

describe('a consistency token', () => {
  it('holds reading back until the views are as fresh', async () => {
    let arrive: (fresh: boolean) => void = () => undefined;
    const arrival = new Promise<boolean>((resolve) => (arrive = resolve));
    const { context, reached } = recordingContext('VIEWER', { freshness: () => arrival });
    const answered = firstAnswer(schema, operation('{ emailAccount(accountId: "Sales") { accountId } }'), context);
    await Promise.resolve();
    expect(reached).toEqual([]);
    arrive(true);
    expect((await answered).data).toMatchObject({ emailAccount: { accountId: 'Sales' } });
  });

  it.each(['query { emailAccounts { totalCount } }', 'subscription { emailAccountChanged { cursor } }'])(
    'that the views do not reach in time is a TIMEOUT, and nothing is read: %s',
    async (text) => {
      const { context, reached } = recordingContext('ADMIN', { freshness: () => Promise.resolve(false) });
      expect(codesOf(await firstAnswer(schema, operation(text), context))).toEqual(['TIMEOUT']);
      expect(reached).toEqual([]);
    },
  );

  it('holds no change back: a change reads the log itself', async () => {
    const { context, reached } = recordingContext('ADMIN', { freshness: () => Promise.resolve(false) });
    await firstAnswer(schema, operation('mutation { deleteEmailAccount(input: { accountId: "Sales" }) { pending } }'), context);
    expect(reached).toEqual(['accountCommands.delete']);
  });
});

describe('a stream that fails', () => {
  const test = operation('subscription { connectionTestProgress(input: { accountId: "Sales" }) { test { outcome } } }');
  const failingWith = (fault: unknown) =>
    recordingContext('OPERATOR', {
      connectionTests: {
        test: () => Promise.reject(new Error('not asked for')),
        async *progress(): AsyncGenerator<TestProgress, void> {
          yield await Promise.resolve({ stage });
          throw fault;
        },
      },
    });

  it('tells what a user can mend as its last message, with codes and paths', async () => {
    const { context } = failingWith(new CommandRefused([{ code: 'NOT_FOUND', message: 'There is no email account of this id.', field: ['accountId'] }]));
    const [first, last, ...more] = await answers(schema, test, context, 10);
    expect(first?.errors).toBeUndefined();
    expect(last?.errors?.[0]?.extensions).toEqual({
      code: 'BAD_USER_INPUT',
      problems: [{ code: 'NOT_FOUND', message: 'There is no email account of this id.', field: ['accountId'] }],
    });
    expect(more).toEqual([]);
  });

  it('tells of a fault as its last message, instead of cutting the connection', async () => {
    const fault = new Error('the store is gone');
    const [, last, ...more] = await answers(schema, test, failingWith(fault).context, 10);
    expect(last?.errors?.[0]?.originalError).toBe(fault);
    expect(more).toEqual([]);
    const [, odd] = await answers(schema, test, failingWith('a text is no error').context, 10);
    expect(odd?.errors?.[0]?.message).toBe('A stream ended without saying why.');
  });

  it('ends with that message, even if its source would go on failing', async () => {
    const fault = new Error('again and again');
    const failing: AsyncGenerator<TestProgress, void> = {
      next: () => Promise.reject(fault),
      return: () => Promise.resolve({ done: true, value: undefined }),
      throw: () => Promise.reject(fault),
      [Symbol.asyncIterator]: () => failing,
    };
    const { context } = recordingContext('OPERATOR', { connectionTests: { test: () => Promise.reject(fault), progress: () => failing } });
    const results = await answers(schema, test, context, 10);
    expect(results.map(({ errors }) => errors?.[0]?.message)).toEqual(['again and again']);
  });

  it('is told of its reader going away, so that the test behind it stops', async () => {
    let stopped = false;
    const { context } = recordingContext('OPERATOR', {
      connectionTests: {
        test: () => Promise.reject(new Error('not asked for')),
        async *progress(_call, _input, signal): AsyncGenerator<TestProgress, void> {
          try {
            for (;;) yield await Promise.resolve({ stage });
          } finally {
            stopped = signal.aborted;
          }
        },
      },
    });
    await answers(schema, test, context, 3);
    expect(stopped).toBe(true);
  });

  const stage = {
    direction: 'SENDER',
    stage: 'DNS',
    outcome: 'PASSED',
    code: 'OK',
    message: 'Found.',
    hint: null,
    address: null,
    port: null,
    durationMilliseconds: 1,
    serverResponse: null,
    tls: null,
  } as const;
});
