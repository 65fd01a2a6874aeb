import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';
import { betweenChanges } from './between-changes.js';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const day = 86_400_000; // milliseconds

async function change(mutation: string, input: object): Promise<void> {
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
  const data = await service.data<Record<string, { errors: unknown[] }>>(
    `mutation ($input: ${type}!) { ${mutation}(input: $input) { errors { code message } } }`,
    {
      input,
    },
  );
  expect(data[mutation]?.errors).toEqual([]);
}

const smtp = (connection: object, identity: object = {}) => ({ smtp: { identity: { emailAddress: 'a@a.example', ...identity }, connection } });
const authority = certificateAuthority('Plant 7 Root');

const warnings = async (accountId: string, when = '') =>
  (
    await service.data<{ emailAccount: { readiness: { warnings: { code: string; field: string[] }[] } } }>(
      `{ emailAccount(accountId: "${accountId}"${when}) { readiness { warnings { code field } } } }`,
    )
  ).emailAccount.readiness.warnings.map(({ code, field }) => `${code} ${field.join('.')}`);

describe('an account as it was', () => {
  it('shows the truststore and the profile that it named then, though both are gone, and others have their names now; and so do the entries of its history', async () => {
    await change('createTruststore', { name: 'Gone', pem: authority.certificate });
    await change('createAuthenticationProfile', {
      name: 'Gone',
      grant: 'CLIENT_CREDENTIALS',
      tokenEndpoint: 'https://login.example.com/token',
      clientId: 'first',
      clientSecret: 'client secret',
    });
    await change('createEmailAccount', {
      accountId: 'Moved',
      accountName: 'Moved',
      sender: smtp({ host: 'smtp.plant.example', truststore: 'gone', authenticationProfile: 'GONE' }),
    });
    const then = await betweenChanges(service);
    await change('removeSender', { accountId: 'Moved' });
    await change('deleteTruststore', { name: 'Gone' });
    await change('deleteAuthenticationProfile', { name: 'Gone' });
    await change('createTruststore', { name: 'Gone', includeSystemRoots: true });
    const read = async (when: string) => {
      const { emailAccount } = await service.data<{ emailAccount: unknown }>(
        `{ emailAccount(accountId: "Moved"${when}) {
            readiness { ready missing { code } }
            sender { ... on SmtpSender { connection {
              truststore { name includeSystemRoots version certificates { subject } usedBy { totalCount nodes { accountId version } } }
              authenticationProfile { name clientId state stateMessage accessTokenExpiresAt lastRefreshedAt clientSecret { isSet version } usedBy { nodes { accountId } } }
            } } }
        } }`,
      );
      return emailAccount;
    };
    const asItWas = {
      readiness: { ready: true, missing: [] },
      sender: {
        connection: {
          truststore: {
            name: 'Gone',
            includeSystemRoots: false,
            version: 2,
            certificates: [{ subject: 'CN=Plant 7 Root' }],
            usedBy: { totalCount: 1, nodes: [{ accountId: 'Moved', version: 2 }] },
          },
          authenticationProfile: {
            name: 'Gone',
            clientId: 'first',
            state: 'UNUSED',
            stateMessage: null,
            accessTokenExpiresAt: null,
            lastRefreshedAt: null,
            clientSecret: { isSet: true, version: 1 },
            usedBy: { nodes: [{ accountId: 'Moved' }] },
          },
        },
      },
    };
    expect(await read(`, at: "${then}"`)).toEqual(asItWas);
    expect(await read(', atVersion: 2')).toEqual(asItWas);
    expect(await read('')).toEqual({ readiness: { ready: false, missing: [{ code: 'NO_SENDER_OR_RECEIVER' }] }, sender: null });
    const { auditTrail } = await service.data<{ auditTrail: { nodes: unknown[] } }>(
      `{ auditTrail(filter: { entityId: ["Moved"], action: ["SenderConfigured"] }) { nodes { ... on SenderConfiguredEntry { sender { ... on SmtpSender { connection {
          truststore { includeSystemRoots version } authenticationProfile { clientId } } } } } } } }`,
    );
    expect(auditTrail.nodes).toEqual([
      { sender: { connection: { truststore: { includeSystemRoots: false, version: 2 }, authenticationProfile: { clientId: 'first' } } } },
    ]);
  });

  it('did not have what was made later: it was not ready', async () => {
    await change('createEmailAccount', { accountId: 'Early', accountName: 'Early', sender: smtp({ host: 'smtp.plant.example', truststore: 'Later' }) });
    const then = await betweenChanges(service);
    await change('createTruststore', { name: 'Later' });
    const read = async (when: string) =>
      (
        await service.data<{ emailAccount: unknown }>(
          `{ emailAccount(accountId: "Early"${when}) { readiness { ready missing { code } } sender { ... on SmtpSender { connection { truststore { name } } } } } }`,
        )
      ).emailAccount;
    const missing = { readiness: { ready: false, missing: [{ code: 'TRUSTSTORE_MISSING' }] }, sender: { connection: { truststore: null } } };
    expect(await read(`, at: "${then}"`)).toEqual(missing);
    expect(await read(', atVersion: 2')).toEqual(missing);
    expect(await read('')).toEqual({ readiness: { ready: true, missing: [] }, sender: { connection: { truststore: { name: 'Later' } } } });
  });

  it('was warned of what was about to end at that time, not of what is by now', async () => {
    const end = new Date(Date.now() + 30 * day + 1_500);
    await change('createTruststore', { name: 'Ending', pem: authority.issue(['a.example'], { notAfter: new Date(Date.now() + 60 * day) }).certificate });
    await change('createAuthenticationProfile', {
      name: 'Ending',
      grant: 'CLIENT_CREDENTIALS',
      tokenEndpoint: 'https://login.example.com/token',
      clientId: 'mail',
      clientSecret: 'client secret',
      clientSecretExpiresAt: end.toISOString(),
    });
    const connection = { host: 'smtp.plant.example', truststore: 'Ending', authenticationProfile: 'Ending' };
    await change('createEmailAccount', { accountId: 'Ending', accountName: 'Ending', sender: smtp(connection) });
    const then = await betweenChanges(service);
    const secret = 'SECRET_EXPIRING sender.connection.authenticationProfileName';
    await vi.waitUntil(async () => (await warnings('Ending')).includes(secret), { timeout: 5_000, interval: 50 });
    expect(await warnings('Ending', `, at: "${then}"`)).toEqual([]);
    expect(await warnings('Ending', ', atVersion: 2')).toEqual([]);
  });

  it('has an id of its own, by which it is found again as it was', async () => {
    await change('createTruststore', { name: 'Kept' });
    await change('createEmailAccount', {
      accountId: 'Cached',
      accountName: 'Then',
      sender: smtp({ host: '127.0.0.1', port: 1, startTls: 'DISABLED', truststore: 'Kept' }),
    });
    await service.data('mutation { testConnection(input: { accountId: "Cached" }) { test { outcome } } }');
    const at = await betweenChanges(service);
    await change('renameEmailAccount', { accountId: 'Cached', accountName: 'Now' });
    await change('addCertificate', { truststore: 'Kept', pem: authority.certificate });
    await change('configureSender', { accountId: 'Cached', sender: smtp({ host: '127.0.0.2', port: 1, startTls: 'DISABLED', truststore: 'Kept' }) });
    const fields = `id accountName connectionTest { id stale } sender { ... on SmtpSender { connection { truststore { id version } } } }`;
    interface Read {
      readonly id: string;
      readonly accountName: string;
      readonly connectionTest: { readonly id: string; readonly stale: boolean };
      readonly sender: { readonly connection: { readonly truststore: { readonly id: string; readonly version: number } } };
    }
    const { now, time, version } = await service.data<Record<'now' | 'time' | 'version', Read>>(
      `{ now: emailAccount(accountId: "Cached") { ${fields} } time: emailAccount(accountId: "Cached", at: "${at}") { ${fields} }
         version: emailAccount(accountId: "Cached", atVersion: 3) { ${fields} } }`,
    );
    expect([now, time, version].map(({ accountName, connectionTest }) => [accountName, connectionTest.stale])).toEqual([
      ['Now', true],
      ['Then', false],
      ['Then', false],
    ]);
    const idsOf = ({ id, connectionTest, sender }: Read) => [id, connectionTest.id, sender.connection.truststore.id];
    expect(new Set([now, time, version].flatMap(idsOf)).size).toBe(9);
    for (const read of [now, time, version]) {
      const [account, test, truststore] = await Promise.all(
        idsOf(read).map(
          async (id) =>
            (
              await service.data<{ node: unknown }>(
                `query ($id: ID!) { node(id: $id) { ... on EmailAccount { ${fields} } ... on ConnectionTest { id stale } ... on Truststore { id version } } }`,
                { id },
              )
            ).node,
        ),
      );
      expect([account, test, truststore]).toEqual([read, read.connectionTest, read.sender.connection.truststore]);
    }
  });

  it('is asked for by a version or by a time, not by both', async () => {
    const { errors } = await service.query('{ emailAccount(accountId: "Early", atVersion: 1, at: "2026-01-01T00:00:00Z") { version } }');
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', argument: 'at' } }]);
  });
});

describe('the whole configuration at a time', () => {
  it('has what was deleted since, not what came later, and nothing of what was erased; in pages of either direction', async () => {
    const prefix = 'Whole';
    for (const letter of ['A', 'B', 'C', 'D']) await change('createEmailAccount', { accountId: `${prefix}${letter}`, accountName: `${prefix} then` });
    const then = await betweenChanges(service);
    await change('deleteEmailAccount', { accountId: `${prefix}A` });
    await change('eraseEmailAccount', { accountId: `${prefix}B`, confirmation: `${prefix}B`, reason: 'Its owner asked for it' });
    await change('renameEmailAccount', { accountId: `${prefix}C`, accountName: `${prefix} now` });
    await change('createEmailAccount', { accountId: `${prefix}E`, accountName: `${prefix} then` });

    interface List {
      readonly totalCount: number;
      readonly nodes: readonly { readonly accountId: string; readonly status: string; readonly accountName: string }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly startCursor: string; readonly endCursor: string };
    }
    const list = async (page: string): Promise<List> =>
      (
        await service.data<{ emailAccounts: List }>(
          `{ emailAccounts(at: "${then}", filter: { text: "whole then" }, ${page}) {
              totalCount nodes { accountId status accountName } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
        )
      ).emailAccounts;
    const asItWas = ['A', 'C', 'D'].map((letter) => ({ accountId: `${prefix}${letter}`, status: 'ACTIVE', accountName: `${prefix} then` }));
    expect(await list('first: 100')).toMatchObject({ totalCount: 3, nodes: asItWas });
    const first = await list('first: 2');
    expect(first).toMatchObject({ totalCount: 3, nodes: asItWas.slice(0, 2), pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    expect(await list(`first: 2, after: "${first.pageInfo.endCursor}"`)).toMatchObject({ nodes: asItWas.slice(2), pageInfo: { hasNextPage: false } });
    const last = await list('last: 2');
    expect(last).toMatchObject({ nodes: asItWas.slice(1), pageInfo: { hasPreviousPage: true } });
    expect(await list(`last: 2, before: "${last.pageInfo.startCursor}"`)).toMatchObject({ nodes: asItWas.slice(0, 1) });
  });

  it('has no account of an erased one in what its truststore was used by', async () => {
    await change('createTruststore', { name: 'Shared' });
    for (const accountId of ['Kept', 'Erased'])
      await change('createEmailAccount', { accountId, accountName: accountId, sender: smtp({ host: 'smtp.plant.example', truststore: 'Shared' }) });
    const then = await betweenChanges(service);
    await change('eraseEmailAccount', { accountId: 'Erased', confirmation: 'Erased', reason: 'Its owner asked for it' });
    const { truststore } = await service.data<{ truststore: unknown }>(
      `{ truststore(name: "shared", at: "${then}") { name usedBy { totalCount nodes { accountId } } } }`,
    );
    expect(truststore).toEqual({ name: 'Shared', usedBy: { totalCount: 1, nodes: [{ accountId: 'Kept' }] } });
  });

  it('has nothing of a name that only begins as one that there is', async () => {
    await change('createAuthenticationProfile', {
      name: 'Begins',
      grant: 'CLIENT_CREDENTIALS',
      tokenEndpoint: 'https://login.example.com/token',
      clientId: 'mail',
      clientSecret: 'client secret',
    });
    await change('createTruststore', { name: 'Begins' });
    await change('createEmailAccount', { accountId: 'Begins', accountName: 'Begins' });
    const at = await betweenChanges(service);
    expect(
      await service.data(
        `query ($name: ID!) { authenticationProfile(name: $name, at: "${at}") { name } truststore(name: $name, at: "${at}") { name } emailAccount(accountId: $name, at: "${at}") { accountName } }`,
        { name: 'Begins\0more' },
      ),
    ).toEqual({ authenticationProfile: null, truststore: null, emailAccount: null });
  });

  it('is not asked for at a time that has not passed: an id with the time in it would stand for something else once it has', async () => {
    const fields = ['emailAccount(accountId: "Early", at: $at)', 'truststore(name: "Later", at: $at)', 'authenticationProfile(name: "Ending", at: $at)'];
    const lists = ['emailAccounts', 'truststores', 'authenticationProfiles'].map((list) => `${list}(at: $at) { nodes`);
    for (const at of [new Date(Date.now() + 60_000).toISOString(), '9999-12-31T23:59:59.999Z']) {
      for (const field of [...fields, ...lists]) {
        const { errors } = await service.query(`query ($at: DateTime!) { ${field} { id } ${field.includes('nodes') ? '}' : ''} }`, { at });
        expect(errors).toMatchObject([
          { message: expect.stringContaining('has not passed yet') as string, extensions: { code: 'BAD_USER_INPUT', argument: 'at' } },
        ]);
      }
      const id = Buffer.from(`EmailAccount:early@${at}`).toString('base64url');
      expect(await service.data('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ node: null });
    }
  });

  it('is at this moment what it is now, with everything that was answered before', async () => {
    await change('createEmailAccount', { accountId: 'Moment', accountName: 'First' });
    await change('renameEmailAccount', { accountId: 'Moment', accountName: 'Second' });
    const at = new Date().toISOString();
    const question = `{ emailAccount(accountId: "Moment", at: "${at}") { id accountName } emailAccounts(at: "${at}", filter: { accountId: ["Moment"] }) { nodes { id accountName } } }`;
    const then = await service.data<{ emailAccount: { accountName: string }; emailAccounts: { nodes: unknown[] } }>(question);
    expect([then.emailAccount.accountName, then.emailAccounts.nodes]).toEqual(['Second', [then.emailAccount]]);
    await change('renameEmailAccount', { accountId: 'Moment', accountName: 'Third' });
    expect(await service.data(question)).toEqual(then);
  });

  it('is empty before everything', async () => {
    const empty = { totalCount: 0, nodes: [] };
    expect(
      await service.data(
        `{ emailAccounts(at: "2020-01-01T00:00:00Z") { totalCount nodes { id } } truststores(at: "2020-01-01T00:00:00Z") { totalCount nodes { id } }
           authenticationProfiles(at: "2020-01-01T00:00:00Z") { totalCount nodes { id } } truststore(name: "Shared", at: "2020-01-01T00:00:00Z") { id } }`,
      ),
    ).toEqual({ emailAccounts: empty, truststores: empty, authenticationProfiles: empty, truststore: null });
  });
});
