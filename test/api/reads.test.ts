import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReadYourWrites } from '../../projections/read-your-writes.js';
import { policy } from '../../src/domain/access/policy.js';
import { roles } from '../../src/domain/access/role.js';
import { startTestService, type TestService } from './service.js';

let service: TestService;
/** Between the create of all accounts and the changes that came after. */
let afterCreation: string;
const created = new Map<string, { readonly updatedAt: string; readonly correlationId: string }>();

const whatBecameOf = (accountId: string) => created.get(accountId) ?? expect.fail(`${accountId} was created.`);

const mutate = async (mutation: string, input: object, token?: string) => {
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
  const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) { account { updatedAt } errors { code } consistencyToken } }`;
  const data = await service.data<Record<string, { account: { updatedAt: string } | null; errors: unknown[]; consistencyToken: string }>>(
    document,
    { input },
    token === undefined ? {} : { token },
  );
  const payload = data[mutation] ?? expect.fail('There is no payload.');
  expect(payload.errors).toEqual([]);
  return payload;
};
const smtp = (host: string, connection: object = {}) => ({
  smtp: { identity: { emailAddress: 'Sales@Example.com', userId: 'robin', password: 'secret' }, connection: { host, ...connection } },
});
const graph = (authenticationProfile: string) => ({
  microsoftGraph: { identity: { userPrincipalName: 'graph@contoso.example' }, connection: { authenticationProfile } },
});
const imap = (host: string, connection: object = {}) => ({ imap: { identity: { userId: 'robin', password: 'secret' }, connection: { host, ...connection } } });

const accounts = [
  { accountId: 'Alpha', accountName: 'Invoices of Zürich', sender: smtp('127.0.0.1', { port: 1, startTls: 'DISABLED' }), receiver: imap('imap.gmail.com') },
  { accountId: 'Bravo', accountName: 'Orders', sender: graph('contoso'), receiver: graphReceiver('contoso') },
  { accountId: 'Charlie', accountName: 'Help desk', provider: 'google', receiver: pop3() },
  { accountId: 'Delta', accountName: 'Plant', sender: smtp('smtp.plant.example', { truststore: 'plant-7' }) },
  { accountId: 'Echo', accountName: 'Gone', sender: smtp('smtp.gone.example') },
];

function graphReceiver(authenticationProfile: string) {
  return { microsoftGraph: { identity: { userPrincipalName: 'graph@contoso.example' }, connection: { authenticationProfile } } };
}
function pop3() {
  return { pop3: { identity: { userId: 'robin', password: 'secret' } } };
}

beforeAll(async () => {
  service = await startTestService();
  for (const account of accounts) {
    const { account: entity } = await mutate('createEmailAccount', { ...account, reason: `To begin ${account.accountId}` });
    const { auditTrail } = await service.data<{ auditTrail: { nodes: { correlationId: string }[] } }>(
      '{ auditTrail(filter: { action: ["AccountCreated"] }, last: 1) { nodes { correlationId } } }',
    );
    created.set(account.accountId, { updatedAt: entity?.updatedAt ?? '', correlationId: auditTrail.nodes[0]?.correlationId ?? '' });
  }
  const lastCreated = Date.parse(whatBecameOf('Echo').updatedAt);
  await vi.waitUntil(() => Date.now() > lastCreated + 1, { interval: 1 });
  afterCreation = new Date(lastCreated + 1).toISOString();
  await service.data('mutation { testConnection(input: { accountId: "Alpha", directions: [SENDER] }) { test { outcome } errors { code } } }');
  await mutate('disableEmailAccount', { accountId: 'Delta' });
  await mutate('deleteEmailAccount', { accountId: 'Echo' });
  await service.data('mutation { renameEmailAccount(input: { accountId: "Nobody", accountName: "X" }) { errors { code } } }');
  await mutate('renameEmailAccount', { accountId: 'Bravo', accountName: 'Purchase orders' }, await service.tokenFor('EDITOR'));
});
afterAll(() => service.stop());

const listed = async (filter: object, more = '') => {
  const { emailAccounts } = await service.data<{ emailAccounts: { nodes: { accountId: string }[]; totalCount: number } }>(
    `query ($filter: EmailAccountFilter) { emailAccounts(filter: $filter, first: 100 ${more}) { nodes { accountId } totalCount } }`,
    { filter },
  );
  expect(emailAccounts.totalCount).toBe(emailAccounts.nodes.length);
  return emailAccounts.nodes.map(({ accountId }) => accountId);
};

describe('the list of accounts is filtered', () => {
  it.each<[string, object, string[]]>([
    ['by nothing', {}, ['Alpha', 'Bravo', 'Charlie', 'Delta']],
    ['by words of the name', { text: 'zur INV' }, ['Alpha']],
    ['by words of a host', { text: 'plant.example' }, ['Delta']],
    ['by words that are nowhere', { text: 'nowhere' }, []],
    ['by status', { status: ['DISABLED', 'DELETED'] }, ['Delta', 'Echo']],
    ['by no status', { status: [] }, []],
    ['by provider', { provider: ['google', 'yahoo'] }, ['Charlie']],
    ['by another provider', { provider: ['yahoo'] }, []],
    ['by id, ignoring case', { accountId: ['ALPHA', 'delta', 'Nobody'] }, ['Alpha', 'Delta']],
    ["by the sender's address", { emailAddress: 'sales@example.COM' }, ['Alpha', 'Delta']],
    ['by the sign-in name', { emailAddress: 'graph@contoso.example' }, ['Bravo']],
    ['by a part of an address, which fits none', { emailAddress: 'example.com' }, []],
    ["by the sender's host", { host: 'SMTP.plant.example' }, ['Delta']],
    ["by the receiver's host", { host: 'imap.gmail.com' }, ['Alpha']],
    ['by a part of a host, which fits none', { host: 'gmail.com' }, []],
    ['by how they send', { senderKind: ['SMTP'] }, ['Alpha', 'Delta']],
    ['by how they send: not at all', { senderKind: ['NONE'] }, ['Charlie']],
    ['by how they receive', { receiverKind: ['POP3', 'MICROSOFT_GRAPH'] }, ['Bravo', 'Charlie']],
    ['by how they receive: not at all', { receiverKind: ['NONE'] }, ['Delta']],
    ['by readiness', { ready: true }, ['Alpha', 'Charlie']],
    ['by what is missing', { ready: false }, ['Bravo', 'Delta']],
    ['by how the last test ended', { connectionTest: ['FAILED'] }, ['Alpha']],
    ['by a test that passed, which none did', { connectionTest: ['PASSED'] }, []],
    ['by truststore', { truststore: 'PLANT-7' }, ['Delta']],
    ['by a truststore that nobody names', { truststore: 'plant' }, []],
    ['by authentication profile', { authenticationProfile: 'Contoso' }, ['Bravo']],
    ['by an authentication profile that nobody names', { authenticationProfile: 'fabrikam' }, []],
    ['by several at once', { senderKind: ['SMTP'], ready: false, host: 'smtp.plant.example' }, ['Delta']],
    ['by two that exclude each other', { senderKind: ['SMTP'], emailAddress: 'graph@contoso.example' }, []],
  ])('%s', async (_what, filter, expected) => expect(await listed(filter)).toEqual(expected));

  it('by when they last changed, from inclusive, to exclusive', async () => {
    expect(await listed({ updatedAt: { from: afterCreation } })).toEqual(['Bravo', 'Delta']);
    expect(await listed({ updatedAt: { to: afterCreation } })).toEqual(['Alpha', 'Charlie']);
    const { updatedAt } = whatBecameOf('Charlie');
    expect(await listed({ updatedAt: { from: updatedAt, to: afterCreation } })).toEqual(['Charlie']);
    expect(await listed({ updatedAt: { from: whatBecameOf('Alpha').updatedAt, to: updatedAt } })).toEqual(['Alpha']);
  });

  it('as they all were at a time', async () => {
    expect(await listed({}, `at: "${afterCreation}"`)).toEqual(['Alpha', 'Bravo', 'Charlie', 'Delta', 'Echo']);
    expect(await listed({ text: 'purchase' }, `at: "${afterCreation}"`)).toEqual([]);
    expect(await listed({ text: 'purchase' })).toEqual(['Bravo']);
    expect(await listed({}, 'at: "2020-01-01T00:00:00Z"')).toEqual([]);
  });
});

describe('an account is read', () => {
  const read = async (at: string) =>
    (
      await service.data<{ emailAccount: unknown }>(
        `{ emailAccount(accountId: "bravo", ${at}) { accountId accountName version sender { __typename } receiver { __typename } } }`,
      )
    ).emailAccount;
  const bravo = { accountId: 'Bravo', sender: { __typename: 'MicrosoftGraphSender' }, receiver: { __typename: 'MicrosoftGraphReceiver' } };

  it('at each of its versions, and at no other', async () => {
    expect(await read('atVersion: 4')).toEqual({ ...bravo, accountName: 'Purchase orders', version: 4 });
    expect(await read('atVersion: 3')).toEqual({ ...bravo, accountName: 'Orders', version: 3 });
    expect(await read('atVersion: 2')).toEqual({ ...bravo, accountName: 'Orders', version: 2, receiver: null });
    for (const version of [-1, 0, 5, 2_147_483_647]) expect(await read(`atVersion: ${version}`)).toBeNull();
  });

  it('at a time, with the offset of any place', async () => {
    expect(await read(`at: "${afterCreation}"`)).toEqual({ ...bravo, accountName: 'Orders', version: 3 });
    const nowElsewhere = new Date(Date.now() + 3_600_000).toISOString().replace('Z', '+01:00');
    expect(await read(`at: "${nowElsewhere}"`)).toEqual({ ...bravo, accountName: 'Purchase orders', version: 4 });
    expect(await read('at: "2020-01-01T00:00:00Z"')).toBeNull();
  });

  it('either at a version or at a time', async () => {
    const { errors } = await service.query('{ emailAccount(accountId: "Bravo", atVersion: 1, at: "2030-01-01T00:00:00Z") { version } }');
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'at' } }]);
  });

  it('at no version and at no time once it is erased', async () => {
    await mutate('createEmailAccount', { accountId: 'Foxtrot', accountName: 'Personal data' });
    await mutate('renameEmailAccount', { accountId: 'Foxtrot', accountName: 'More of it' });
    const before = new Date().toISOString();
    await mutate('eraseEmailAccount', { accountId: 'Foxtrot', confirmation: 'Foxtrot', reason: 'Asked for' });
    const answer = await service.query(
      `{ now: emailAccount(accountId: "Foxtrot") { accountName } version: emailAccount(accountId: "Foxtrot", atVersion: 1) { accountName }
         time: emailAccount(accountId: "Foxtrot", at: "${before}") { accountName } compare: compareEmailAccountVersions(accountId: "Foxtrot", from: 1, to: 2) { from } }`,
    );
    expect(answer.data).toEqual({ now: null, version: null, time: null, compare: null });
    expect(await listed({}, `at: "${before}"`)).not.toContain('Foxtrot');
  });
});

describe('the audit trail is filtered', () => {
  const entries = async (filter: object) =>
    (
      await service.data<{ auditTrail: { nodes: { action: string; entityId: string }[] } }>(
        'query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 100) { nodes { action entityId } } }',
        { filter },
      )
    ).auditTrail.nodes.map(({ action, entityId }) => `${action} ${entityId}`);
  const ofEditor = async () =>
    (
      await service.data<{ auditTrail: { nodes: { actor: { id: string } }[] } }>(
        '{ auditTrail(filter: { text: "editor" }, last: 1) { nodes { actor { id } } } }',
      )
    ).auditTrail.nodes[0]?.actor.id;

  it.each<[string, object, string[]]>([
    ['by action', { action: ['AccountDisabled', 'AccountDeleted'] }, ['AccountDisabled Delta', 'AccountDeleted Echo']],
    ['by an action that there is not', { action: ['AccountExploded'] }, []],
    ['by entity', { entityId: ['DELTA'], action: ['AccountCreated', 'AccountDisabled'] }, ['AccountCreated Delta', 'AccountDisabled Delta']],
    ['by kind of entity', { entityType: ['ApiToken'], action: ['AccountCreated'] }, []],
    ['by kind of entity and action', { entityType: ['EmailAccount'], action: ['ConnectionTested'] }, ['ConnectionTested Alpha']],
    ['by outcome', { outcome: ['REFUSED'] }, ['CommandRefused Nobody']],
    ['by an outcome that there was not', { outcome: ['FAILED'] }, []],
    ['by words of the reason', { text: 'begin charlie', action: ['AccountCreated'] }, ['AccountCreated Charlie']],
    ['by words of a value', { text: 'purchase' }, ['AccountRenamed Bravo']],
    ['by a password, which is nowhere', { text: 'secret' }, []],
    ['by several at once', { outcome: ['ACCEPTED'], entityId: ['Echo'], text: 'gone', action: ['AccountDeleted'] }, []],
  ])('%s', async (_what, filter, expected) => expect(await entries(filter)).toEqual(expected));

  it('by who did it', async () => {
    expect(await entries({ actor: [await ofEditor()], action: ['AccountRenamed', 'AccountCreated'] })).toEqual(['AccountRenamed Bravo']);
    expect(await entries({ actor: ['nobody'] })).toEqual([]);
  });

  it('by one request', async () => {
    const { correlationId } = whatBecameOf('Alpha');
    expect(await entries({ correlationId })).toEqual(['AccountCreated Alpha', 'SenderConfigured Alpha', 'ReceiverConfigured Alpha']);
    expect(await entries({ correlationId: 'none' })).toEqual([]);
  });

  it('by when it was recorded', async () => {
    const actions = ['AccountCreated', 'AccountDeleted'];
    expect(await entries({ occurredAt: { from: afterCreation }, action: actions, entityId: ['Echo'] })).toEqual(['AccountDeleted Echo']);
    expect(await entries({ occurredAt: { to: afterCreation }, action: actions, entityId: ['Echo'] })).toEqual(['AccountCreated Echo']);
  });
});

describe('the service tells', () => {
  it('each role who it is and what it may do', async () => {
    for (const role of roles) {
      const { viewer } = await service.data<{ viewer: { permissions: string[] } }>(
        '{ viewer { role permissions expiresAt actor { kind displayName } } }',
        {},
        { token: await service.tokenFor(role) },
      );
      expect(viewer).toMatchObject({ role, expiresAt: null, actor: { kind: 'API_TOKEN', displayName: role.toLowerCase() } });
      const allowed = Object.entries(policy).filter(([field, those]) => /^(?:Query|Mutation|Subscription)\./.test(field) && those.includes(role));
      expect(viewer.permissions.toSorted()).toEqual(allowed.map(([field]) => field.replace(/^\w+\./, '')).toSorted());
    }
  });

  it('how it is doing', async () => {
    const { serviceStatus } = await service.data<{ serviceStatus: { eventStore: { headPosition: string }; projections: { name: string }[] } }>(
      '{ serviceStatus { version ready startedAt warnings eventStore { engine available headPosition } projections { name version state position eventsBehind secondsBehind failedEventId } } }',
    );
    expect(serviceStatus).toMatchObject({
      ready: true,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
      warnings: expect.arrayContaining([expect.stringContaining('POSTLEDGER_ROOT_KEYS')]) as unknown,
      eventStore: { engine: service.engine, available: true, headPosition: expect.stringMatching(/^\d+$/) as unknown },
    });
    expect(serviceStatus.projections.map(({ name }) => name)).toEqual([
      'email-accounts',
      'audit-trail',
      'api-tokens',
      'authentication-profiles',
      'expiries',
      'truststores',
      'audit-ledger',
    ]);
    for (const projection of serviceStatus.projections) expect(projection).toMatchObject({ state: 'CURRENT', failedEventId: null });
  });

  it('which providers it knows, with where they are reached', async () => {
    const { emailProviders } = await service.data<{ emailProviders: { id: string; smtp: unknown[] }[] }>(
      '{ emailProviders { id name smtp { host port security } imap { host port security } pop3 { host port security } microsoftGraph authentication documentationUrl notes } }',
    );
    expect(emailProviders.length).toBeGreaterThanOrEqual(40);
    expect(new Set(emailProviders.map(({ id }) => id)).size).toBe(emailProviders.length);
    expect(emailProviders.find(({ id }) => id === 'google')).toMatchObject({
      smtp: expect.arrayContaining([{ host: 'smtp.gmail.com', port: 465, security: 'TLS' }]) as unknown,
      imap: [{ host: 'imap.gmail.com', port: 993, security: 'TLS' }],
    });
    expect(emailProviders.find(({ id }) => id === 'custom')).toMatchObject({ smtp: [], imap: [], pop3: [] });
  });

  it('whoever sends a consistency token back no older state than it names, whoever made the change', async () => {
    const asked = '{ emailAccount(accountId: "Alpha") { accountName } }';
    const { consistencyToken } = await mutate('renameEmailAccount', { accountId: 'Alpha', accountName: 'Seen' });
    const viewer = { token: await service.tokenFor('VIEWER') };
    const inHeader = await service.data(asked, {}, { ...viewer, headers: { 'consistency-token': consistencyToken } });
    const inExtensions = await service.data(asked, {}, { ...viewer, extensions: { consistencyToken } });
    expect([inHeader, inExtensions]).toEqual([{ emailAccount: { accountName: 'Seen' } }, { emailAccount: { accountName: 'Seen' } }]);
  });

  it('nothing before it is there: a consistency token of what is yet to come is waited for', async () => {
    // That a token was used is noted a moment after: what comes next is to be the change.
    await expect
      .poll(
        async () => (await service.data<{ apiTokens: { nodes: { lastUsedAt: string | null }[] } }>('{ apiTokens { nodes { lastUsedAt } } }')).apiTokens.nodes,
      )
      .not.toContainEqual({ lastUsedAt: null });
    const { serviceStatus } = await service.data<{ serviceStatus: { eventStore: { headPosition: string } } }>(
      '{ serviceStatus { eventStore { headPosition } } }',
    );
    const ahead = new ReadYourWrites([], 0, () => null).token(BigInt(serviceStatus.eventStore.headPosition) + 1n);
    const reading = service.data('{ emailAccount(accountId: "Alpha") { accountName } }', {}, { extensions: { consistencyToken: ahead } });
    await mutate('renameEmailAccount', { accountId: 'Alpha', accountName: 'Waited for' });
    expect(await reading).toEqual({ emailAccount: { accountName: 'Waited for' } });
    const damaged = await service.query('{ viewer { role } }', {}, { extensions: { consistencyToken: 'zzzz.000000' } });
    expect(damaged.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'consistencyToken' } }]);
  });
});
