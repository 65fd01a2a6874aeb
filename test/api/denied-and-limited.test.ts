import { createClient } from 'graphql-ws';
import { print, type GraphQLError } from 'graphql';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { isAllowed, policy } from '../../src/domain/access/policy.js';
import { roles } from '../../src/domain/access/role.js';
import { minimalDocument } from '../schema/minimal-document.js';
import { startSetting, type Setting } from './setting.js';

let setting: Setting;
const tokens = new Map<string, string>();
beforeAll(async () => {
  setting = await startSetting({ POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '5' });
  await setting.account('Sales');
  for (const name of ['corp', 'Sales']) await setting.profile(name);
  for (const name of ['plant', 'Sales']) await setting.truststore(name);
  for (const role of roles) tokens.set(role, await setting.service.tokenFor(role));
});
afterAll(() => setting.stop());

interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly actor: { readonly displayName: string };
  readonly actorRole: string | null;
  readonly command: string;
  readonly count: number;
}

/** What was recorded of the actions so far. */
async function trail(filter: object): Promise<readonly Entry[]> {
  const { consistencyToken } = await setting.change('enableEmailAccount', { accountId: 'Sales' });
  const { auditTrail } = await setting.service.data<{ auditTrail: { nodes: readonly Entry[] } }>(
    `query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 100) { nodes { action outcome entityType entityId actor { displayName } actorRole
       ... on AccessDeniedEntry { command count } ... on RequestsLimitedEntry { command count } } } }`,
    { filter },
    { extensions: { consistencyToken } },
  );
  return auditTrail.nodes;
}

/** How each field that is guarded below the root is come by, and what it then stands in. A new one has to be added here. */
const reads: Readonly<Record<string, { readonly document: string; readonly aimedAt: Partial<Entry> } | null>> = {
  'EmailAccount.history': {
    document: '{ emailAccount(accountId: "Sales") { history(first: 1) { nodes { id } } } }',
    aimedAt: { entityType: 'EmailAccount', entityId: 'Sales' },
  },
  'AuthenticationProfile.history': {
    document: '{ authenticationProfile(name: "corp") { history(first: 1) { nodes { id } } } }',
    aimedAt: { entityType: 'AuthenticationProfile', entityId: 'corp' },
  },
  'Truststore.history': {
    document: '{ truststore(name: "plant") { history(first: 1) { nodes { id } } } }',
    aimedAt: { entityType: 'Truststore', entityId: 'plant' },
  },
  // A message of a subscription: test/schema/guard.test.ts reads it.
  'EmailAccountChange.entry': null,
};
const guarded = Object.keys(policy).filter((field) => !/^(?:Query|Mutation|Subscription)\./.test(field));
const pairs = guarded.flatMap((field) => roles.filter((role) => reads[field] && !isAllowed(role, field)).map((role) => [field, role] as const));

describe('a field that the role may not read', () => {
  it('is one of those that are read here', () => {
    expect(guarded.filter((field) => !Object.hasOwn(reads, field))).toEqual([]);
    expect(pairs.length).toBeGreaterThan(2);
  });

  it.each(pairs)('%s by a %s: the rest is answered, the field is not, and one record says who tried', async (field, role) => {
    const { document = '', aimedAt } = reads[field] ?? {};
    const correlationId = `${field}-${role}`;
    const { errors, data } = await setting.service.query(document, {}, { token: tokens.get(role) ?? '', headers: { 'x-correlation-id': correlationId } });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', field } }]);
    expect(JSON.stringify(data)).not.toContain('nodes');
    expect(await trail({ correlationId })).toMatchObject([
      { action: 'AccessDenied', outcome: 'DENIED', command: field, count: 1, ...aimedAt, actor: { displayName: role.toLowerCase() }, actorRole: role },
    ]);
  });
});

const schema = buildPostledgerSchema();
const denials = Object.keys(policy).flatMap((field) => {
  // A message of a subscription has to come first: test/schema/guard.test.ts waits for one.
  if (field === 'EmailAccountChange.entry') return [];
  const denied = roles.filter((role) => !isAllowed(role, field));
  return denied.length > 0 ? [[field, denied] as const] : [];
});

describe('whatever a role may not do', () => {
  /** The errors of the first answer, over a WebSocket for what only goes there. */
  async function codesOf(field: string, token: string): Promise<readonly unknown[]> {
    const { kind, document, variables } = minimalDocument(schema, field);
    const query = print(document);
    if (kind !== 'subscription') return (await setting.service.query(query, variables, { token })).errors.map(({ extensions }) => extensions.code);
    const client = createClient({
      url: setting.service.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    });
    const first = await client
      .iterate({ query, variables })
      .next()
      .catch((error: unknown) => ({ value: { errors: Array.isArray(error) ? (error as readonly GraphQLError[]) : [] } }));
    await client.dispose();
    const { errors } = first.value as { readonly errors?: readonly GraphQLError[] };
    return (errors ?? []).map(({ extensions }) => extensions['code']);
  }

  it.each(denials)('%s has one record each time: %j', async (field, denied) => {
    for (const role of denied) {
      const token = await setting.service.tokenFor(role);
      expect([role, await codesOf(field, token)]).toEqual([role, ['FORBIDDEN']]);
      const { viewer } = await setting.service.data<{ viewer: { actor: { id: string } } }>('{ viewer { actor { id } } }', {}, { token });
      const entries = await trail({ actor: [viewer.actor.id], action: ['AccessDenied'] });
      expect(entries).toMatchObject([{ command: field, count: 1, actorRole: role }]);
    }
  });
});

describe('what cannot be recorded', () => {
  const { host, port } = { host: '127.0.0.1', port: 1 };
  it.each([
    ['a denied query', 'VIEWER', '{ apiTokens { totalCount } }'],
    ['a denied mutation', 'VIEWER', 'mutation { deleteEmailAccount(input: { accountId: "Sales" }) { pending } }'],
    ['a denied field', 'VIEWER', '{ emailAccount(accountId: "Sales") { history(first: 1) { nodes { id } } } }'],
    ['a refused change', 'ADMIN', 'mutation { renameEmailAccount(input: { accountId: "Sales", accountName: "" }) { errors { code } } }'],
    ['a change of nothing', 'ADMIN', 'mutation { renameEmailAccount(input: { accountId: "Sales", accountName: "Sales" }) { errors { code } } }'],
    ['a look at certificates', 'ADMIN', `{ inspectServerCertificate(host: "${host}", port: ${port}, security: TLS) { trusted } }`],
    ['a search for settings that is refused', 'ADMIN', '{ discoverEmailSettings(emailAddress: "nobody") { durationMilliseconds } }'],
  ])('is answered with an error and without data: %s', async (name, role, document) => {
    const correlationId = `unrecorded-${name.replaceAll(' ', '-')}`;
    setting.refusing.takes = (correlation) => correlation !== correlationId;
    const { data, errors } = await setting.service.query(document, {}, { token: tokens.get(role) ?? '', headers: { 'x-correlation-id': correlationId } });
    setting.refusing.takes = () => true;
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(JSON.stringify(data)).not.toMatch(/errors|nodes|totalCount|trusted|durationMilliseconds/);
    expect(await trail({ correlationId })).toEqual([]);
  });

  it('is answered with an error and without data: an export', async () => {
    setting.refusing.takes = (_, type) => type !== 'AuditExported';
    const url = new URL('/audit/export?format=jsonl', setting.service.url);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${tokens.get('AUDITOR') ?? ''}` } });
    setting.refusing.takes = () => true;
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(await answer.text()).not.toContain('"position"');
  });
});

describe('requests beyond a rate limit', () => {
  it('are on record, all of them, in few records: the first at once, the others with their count', async () => {
    const token = await setting.service.tokenFor('OPERATOR');
    const ask = (host: string) =>
      setting.service.query(`query ($host: String!) { inspectServerCertificate(host: $host, port: 1, security: TLS) { trusted } }`, { host }, { token });
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask('127.0.0.1')));
    const limited = answers.filter(({ errors }) => errors[0]?.extensions.code === 'RATE_LIMITED').length;
    expect(limited).toBeGreaterThan(50);
    const sent = await setting.service.query('mutation { verifyRoundTrip(input: { accountId: "Sales" }) { errors { code } } }', {}, { token });
    expect(sent.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    const atOnce = await trail({ action: ['RequestsLimited'] });
    expect(atOnce.map(({ command, count, entityId }) => [command, count, entityId])).toEqual([
      ['inspectServerCertificate', 1, 'postledger'],
      ['verifyRoundTrip', 1, 'Sales'],
    ]);
    await setting.service.restart();
    const all = await trail({ action: ['RequestsLimited'] });
    expect(all).toHaveLength(3);
    expect(all.every(({ outcome, actorRole }) => outcome === 'DENIED' && actorRole === 'OPERATOR')).toBe(true);
    expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(limited + 1);
  });
});
