import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { version } from '../../src/start/version.js';
import { startTestService, type QueryOptions, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({}, { discoveryMeans: { fetch: () => Promise.reject(new TypeError('fetch failed')), nameServers: silent, probe: absent } });
});
afterAll(() => service.stop());

const silent = { srv: () => Promise.resolve([]), mx: () => Promise.resolve([]) };
const absent = () => Promise.resolve('ABSENT' as const);

interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly actor: { readonly kind: string };
}

const told = `... on ServiceStartedEntry { programVersion engine node } ... on ServiceStoppedEntry { programVersion engine node }
  ... on ViewsRebuiltEntry { views { name events } } ... on AuditSearchedEntry { count searches { field filter } }
  ... on SettingsDiscoveredEntry { command domain candidates } ... on AccessDeniedEntry { command count } ... on CommandRefusedEntry { command problems { code } count }`;

async function trail(action: readonly string[], options: QueryOptions = {}): Promise<readonly Entry[]> {
  const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly Entry[] } }>(
    `query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 100) { nodes { action outcome entityType entityId actor { kind } ${told} } } }`,
    { filter: { action } },
    options,
  );
  return auditTrail.nodes;
}

/** Where everything is that was recorded until now. */
async function now(): Promise<QueryOptions> {
  const { deleteEmailAccount } = await service.data<{ deleteEmailAccount: { consistencyToken: string } }>(
    'mutation { deleteEmailAccount(input: { accountId: "Nobody" }) { consistencyToken } }',
  );
  return { extensions: { consistencyToken: deleteEmailAccount.consistencyToken } };
}

describe('the audit trail tells of the service', () => {
  it('that its views were built anew', async () => {
    await service.rebuildViews();
    const entries = await trail(['ViewsRebuilt'], await now());
    expect(entries).toMatchObject([{ outcome: 'ACCEPTED', entityType: 'Service', actor: { kind: 'SYSTEM' } }]);
    expect(entries).toMatchObject([{ views: expect.arrayContaining([{ name: 'audit-trail', events: expect.any(Number) as number }]) as unknown }]);
  });

  it('that it started and stopped, which release, over which engine, on which machine', async () => {
    const program = { programVersion: version, engine: service.engine, node: hostname(), actor: { kind: 'SYSTEM' }, outcome: 'ACCEPTED' };
    await service.restart();
    expect(await trail(['ServiceStarted', 'ServiceStopped'])).toMatchObject([
      { action: 'ServiceStarted', ...program },
      { action: 'ServiceStopped', ...program },
      { action: 'ServiceStarted', ...program },
    ]);
  });
});

describe('the audit trail tells of those who looked', () => {
  it('into it, and with which filter', async () => {
    const token = await service.tokenFor('AUDITOR');
    await trail(['AccountErased'], { token });
    await service.restart();
    const mine = (await trail(['AuditSearched'], await now())).filter((entry) => JSON.stringify(entry).includes('AccountErased'));
    expect(mine).toMatchObject([{ count: 1, searches: [{ field: 'auditTrail', filter: '{"action":["AccountErased"]}' }], actor: { kind: 'API_TOKEN' } }]);
  });

  it('into a history, or compared versions, and of what', async () => {
    await service.data('mutation { createEmailAccount(input: { accountId: "Seen", accountName: "Seen" }) { errors { code } } }');
    const token = await service.tokenFor('OPERATOR');
    await service.data('{ emailAccount(accountId: "Seen") { history(first: 1) { nodes { id } } } }', {}, { token });
    await service.data('{ compareEmailAccountVersions(accountId: "Seen", from: 1, to: 1) { changes { path } } }', {}, { token });
    await service.restart();
    const mine = (await trail(['AuditSearched'], await now())).filter((entry) => JSON.stringify(entry).includes('Seen'));
    expect(mine).toMatchObject([
      { count: 1, searches: [{ field: 'EmailAccount.history', filter: '{"entityType":["EmailAccount"],"entityId":["Seen"]}' }] },
      { count: 1, searches: [{ field: 'compareEmailAccountVersions', filter: '{"accountId":"Seen","from":1,"to":1}' }] },
    ]);
  });

  it('for the settings of an address: the domain, and never the mailbox', async () => {
    const { errors } = await service.query('{ discoverEmailSettings(emailAddress: "anna.secret@nowhere.example") { candidates { host } } }');
    expect(errors).toEqual([]);
    const refused = await service.query('{ discoverEmailSettings(emailAddress: "anna") { candidates { host } } }');
    expect(refused.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    const entries = await trail(['SettingsDiscovered', 'CommandRefused'], await now());
    expect(entries.filter((entry) => 'command' in entry && entry.command === 'discoverEmailSettings')).toMatchObject([
      { action: 'SettingsDiscovered', outcome: 'ACCEPTED', command: 'discoverEmailSettings', domain: 'nowhere.example', candidates: 0 },
      { action: 'CommandRefused', outcome: 'REFUSED', problems: [{ code: 'INVALID_FORMAT' }], count: 1 },
    ]);
    expect(JSON.stringify(entries)).not.toContain('anna');
  });
});

describe('a flood of what the role does not allow', () => {
  it('is told of in few entries, and not one of it left out', async () => {
    const token = await service.tokenFor('VIEWER');
    const answers = await Promise.all(Array.from({ length: 300 }, () => service.query('{ apiTokens { totalCount } }', {}, { token })));
    expect(new Set(answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code)))).toEqual(new Set(['FORBIDDEN']));
    const entries = (await trail(['AccessDenied'], await now())) as readonly (Entry & { readonly count: number })[];
    expect(entries.map(({ count }) => count).slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 1));
    const { auditTrail } = await service.data<{ auditTrail: { nodes: readonly { readonly count: number }[]; totalCount: number } }>(
      'query { auditTrail(filter: { action: ["AccessDenied"] }, last: 100) { totalCount nodes { ... on AccessDeniedEntry { count } } } }',
    );
    expect(auditTrail.totalCount).toBeLessThan(110);
    const beyond = auditTrail.nodes.slice(-(auditTrail.totalCount - 100));
    expect(beyond.reduce((sum, { count }) => sum + count, 100)).toBe(300);
  });
});
