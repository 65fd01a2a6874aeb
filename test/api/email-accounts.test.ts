import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const accountFields = `
  id accountId accountName status version providerDiverged provider { id name } createdAt updatedAt createdBy { kind displayName }
  sender { ... on SmtpSender { identity { emailAddress displayName userId replyTo password { isSet version setBy { displayName } } } connection { host port useSmtps startTls minimumTlsVersion truststoreName } } }
  receiver { ... on ImapReceiver { identity { useSenderCredentials userId password { isSet version } } connection { host port useTls startTls } mailbox } ... on Pop3Receiver { connection { host port } } }
  readiness { ready missing { code field } warnings { code } }
  connectionTest { outcome stale }`;
const payload = `account { ${accountFields} } errors { code message field ... on VersionConflict { expectedVersion currentVersion } } consistencyToken pending`;
const change = (mutation: string, inputType: string) => `mutation ($input: ${inputType}!) { ${mutation}(input: $input) { ${payload} } }`;

interface Payload {
  account:
    (Record<string, unknown> & { version: number; accountName: string; sender: { identity: { password: { isSet: boolean; version: number } } } | null }) | null;
  errors: { code: string; field: string[] | null; message: string; expectedVersion?: number; currentVersion?: number }[];
  consistencyToken: string | null;
  pending: boolean;
}
async function mutate(mutation: string, inputType: string, input: object): Promise<Payload> {
  const data = await service.data<Record<string, Payload>>(change(mutation, inputType), { input });
  const answer = data[mutation];
  if (!answer) throw new Error(`no ${mutation} in the answer`);
  return answer;
}
const create = (accountId: string, more: object = {}) =>
  mutate('createEmailAccount', 'CreateEmailAccountInput', {
    accountId,
    accountName: `Account ${accountId}`,
    sender: { smtp: { identity: { emailAddress: `${accountId}@example.com`, password: 'sender secret' }, connection: { host: 'smtp.example.com' } } },
    receiver: { imap: { identity: { userId: `${accountId}@example.com`, password: 'receiver secret' }, connection: { host: 'imap.example.com' } } },
    ...more,
  });
const read = async (accountId: string, more = '') =>
  (await service.data<{ emailAccount: Payload['account'] }>(`query ($id: ID!) { emailAccount(accountId: $id${more}) { ${accountFields} } }`, { id: accountId }))
    .emailAccount;
const trail = async (filter: object, fields = 'action outcome version reason actor { kind displayName } changes { path before after secret }') =>
  (
    await service.data<{ auditTrail: { nodes: Record<string, unknown>[] } }>(
      `query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 100) { nodes { __typename ${fields} } } }`,
      {
        filter,
      },
    )
  ).auditTrail.nodes;

describe('an account is created', () => {
  it('with sender and receiver: three events, version 3, ready, and read back at once', async () => {
    const created = await create('Sales', { reason: 'New team' });
    expect(created).toMatchObject({ errors: [], pending: false });
    expect(created.account).toMatchObject({
      accountId: 'Sales',
      accountName: 'Account Sales',
      status: 'ACTIVE',
      version: 3,
      provider: { id: 'custom' },
      createdBy: { kind: 'BOOTSTRAP' },
      sender: {
        identity: { userId: 'Sales@example.com', password: { isSet: true, version: 1 } },
        connection: { host: 'smtp.example.com', port: 587, startTls: 'REQUIRED' },
      },
      receiver: { connection: { host: 'imap.example.com', port: 993, useTls: true }, mailbox: 'INBOX' },
      readiness: { ready: true, missing: [], warnings: [] },
    });
    expect(await read('sALES')).toEqual(created.account);
    const entries = await trail({ entityId: ['Sales'] });
    expect(entries.map(({ action }) => action)).toEqual(['AccountCreated', 'SenderConfigured', 'ReceiverConfigured']);
    expect(entries.every(({ reason }) => reason === 'New team')).toBe(true);
    expect(entries[1]).toMatchObject({
      __typename: 'SenderConfiguredEntry',
      outcome: 'ACCEPTED',
      version: 2,
      actor: { kind: 'BOOTSTRAP' },
      changes: expect.arrayContaining([
        { path: 'sender.connection.host', before: null, after: 'smtp.example.com', secret: false },
        { path: 'sender.identity.password', before: null, after: null, secret: true },
      ]) as unknown,
    });
  });

  it('once: the second one is refused, and the attempt is on record', async () => {
    await create('Twice');
    const again = await create('TWICE');
    expect(again).toMatchObject({ account: null, errors: [{ code: 'ALREADY_EXISTS', field: ['accountId'] }] });
    expect(await trail({ entityId: ['TWICE'], outcome: ['REFUSED'] })).toMatchObject([{ __typename: 'CommandRefusedEntry', outcome: 'REFUSED' }]);
  });

  it('or refused with everything that is wrong, located in the input', async () => {
    const refused = await create('Wrong', {
      accountName: 'x\u0007',
      sender: { smtp: { identity: { emailAddress: 'nobody' }, connection: { host: 'smtp.example.com', port: 587, useSmtps: true } } },
    });
    expect(refused.account).toBeNull();
    expect(refused.errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'FORBIDDEN_CHARACTER', field: ['accountName'] }),
        expect.objectContaining({ code: 'INVALID_FORMAT', field: ['sender', 'smtp', 'identity', 'emailAddress'] }),
        expect.objectContaining({ code: 'CONTRADICTION', field: ['sender', 'smtp', 'connection', 'useSmtps'] }),
      ]),
    );
    expect(await read('Wrong')).toBeNull();
  });
});

describe('a change', () => {
  it('is refused when somebody else was quicker, and names both versions', async () => {
    await create('Race');
    await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Race', accountName: 'First', expectedVersion: 3 });
    const late = await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Race', accountName: 'Second', expectedVersion: 3 });
    expect(late.errors).toMatchObject([{ code: 'VERSION_CONFLICT', expectedVersion: 3, currentVersion: 4 }]);
    expect(await trail({ entityId: ['Race'], outcome: ['CONFLICT'] })).toHaveLength(1);
  });

  it('is made once for one idempotency key, and the repeat gets the first answer', async () => {
    await create('Idem');
    const input = { accountId: 'Idem', accountName: 'Once', idempotencyKey: 'key-1' };
    const first = await mutate('renameEmailAccount', 'RenameEmailAccountInput', input);
    await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Idem', accountName: 'Later' });
    const repeat = await mutate('renameEmailAccount', 'RenameEmailAccountInput', input);
    expect(repeat.account).toMatchObject({ accountName: 'Once', version: first.account?.version });
    expect(await read('Idem')).toMatchObject({ accountName: 'Later', version: 5 });
    const reused = await mutate('renameEmailAccount', 'RenameEmailAccountInput', { ...input, accountName: 'Other' });
    expect(reused.errors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }]);
    await create('Idem2');
    const elsewhere = await mutate('renameEmailAccount', 'RenameEmailAccountInput', { ...input, accountId: 'Idem2' });
    expect(elsewhere.errors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
  });

  it('of a create with secrets can be repeated too', async () => {
    const first = await create('IdemCreate', { idempotencyKey: 'create-1' });
    const again = await create('IdemCreate', { idempotencyKey: 'create-1' });
    expect(again.errors).toEqual([]);
    expect(again.account).toEqual(first.account);
  });

  it('that changes nothing is no event, but is on record', async () => {
    await create('Still');
    const same = await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Still', accountName: 'Account Still' });
    expect(same).toMatchObject({ errors: [], account: { version: 3 } });
    expect(await trail({ entityId: ['Still'], outcome: ['NO_CHANGE'] })).toHaveLength(1);
  });

  it('of the host needs the password again', async () => {
    await create('Theft');
    const sender = { smtp: { identity: { emailAddress: 'Theft@example.com' }, connection: { host: 'smtp.evil.example' } } };
    const refused = await mutate('configureSender', 'ConfigureSenderInput', { accountId: 'Theft', sender });
    expect(refused.errors).toMatchObject([{ code: 'SECRET_REBIND_REQUIRED', field: ['sender', 'smtp', 'identity', 'password'] }]);
  });

  it('of the password shows in the history as a changed secret, and nothing of its value', async () => {
    await create('Rotate');
    const rotated = await mutate('changeSenderPassword', 'ChangeSenderPasswordInput', { accountId: 'Rotate', password: 'new secret' });
    expect(rotated.account?.sender?.identity.password).toMatchObject({ isSet: true, version: 2 });
    const [entry] = await trail({ entityId: ['Rotate'], action: ['SenderPasswordChanged'] });
    expect(entry).toMatchObject({ changes: [{ path: 'sender.identity.password', before: null, after: null, secret: true }] });
  });

  it('of everything can be reverted to a version', async () => {
    await create('Back');
    await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Back', accountName: 'Changed' });
    await mutate('removeReceiver', 'RemoveReceiverInput', { accountId: 'Back' });
    const reverted = await mutate('revertEmailAccount', 'RevertEmailAccountInput', { accountId: 'Back', toVersion: 3 });
    expect(reverted).toMatchObject({ errors: [], account: { accountName: 'Account Back', receiver: { mailbox: 'INBOX' } } });
  });
});

describe('an account in time', () => {
  it('is read as of a version and as of a time', async () => {
    const { account } = await create('Past');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Past', accountName: 'Present' });
    expect(await read('Past', ', atVersion: 3')).toMatchObject({ accountName: 'Account Past', version: 3 });
    expect(await read('Past', ', atVersion: 1')).toMatchObject({ version: 1, sender: null, readiness: { ready: false } });
    expect(await read('Past', `, at: "${String(account?.['createdAt'])}"`)).toMatchObject({ accountName: 'Account Past' });
    expect(await read('Past', ', at: "2020-01-01T00:00:00Z"')).toBeNull();
    expect(await read('Past', ', atVersion: 99')).toBeNull();
  });

  it('is compared between two versions', async () => {
    await create('Diff');
    await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Diff', accountName: 'Different' });
    const { compareEmailAccountVersions } = await service.data<{ compareEmailAccountVersions: unknown }>(
      '{ compareEmailAccountVersions(accountId: "Diff", from: 3, to: 4) { accountId from to changes { path before after secret } entries { action } } }',
    );
    expect(compareEmailAccountVersions).toEqual({
      accountId: 'Diff',
      from: 3,
      to: 4,
      changes: [{ path: 'accountName', before: 'Account Diff', after: 'Different', secret: false }],
      entries: [{ action: 'AccountRenamed' }],
    });
  });
});

describe('the end of an account', () => {
  it('is a deletion that can be taken back', async () => {
    await create('Gone');
    await mutate('deleteEmailAccount', 'DeleteEmailAccountInput', { accountId: 'Gone' });
    expect(await read('Gone')).toMatchObject({ status: 'DELETED' });
    const listed = async (filter: string) =>
      (
        await service.data<{ emailAccounts: { nodes: { accountId: string }[] } }>(
          `{ emailAccounts(filter: { accountId: ["Gone"] ${filter} }) { nodes { accountId } } }`,
        )
      ).emailAccounts.nodes;
    expect(await listed('')).toEqual([]);
    expect(await listed('status: [DELETED]')).toHaveLength(1);
    const refused = await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Gone', accountName: 'X' });
    expect(refused.errors).toMatchObject([{ code: 'ACCOUNT_DELETED' }]);
    expect((await mutate('restoreEmailAccount', 'RestoreEmailAccountInput', { accountId: 'Gone' })).account).toMatchObject({ status: 'ACTIVE' });
  });

  it('or an erasure for good', async () => {
    await create('Never');
    const wrong = await mutate('eraseEmailAccount', 'EraseEmailAccountInput', { accountId: 'Never', confirmation: 'Nevre', reason: 'asked' });
    expect(wrong.errors).toMatchObject([{ code: 'CONTRADICTION', field: ['confirmation'] }]);
    const erased = await mutate('eraseEmailAccount', 'EraseEmailAccountInput', { accountId: 'Never', confirmation: 'Never', reason: 'asked by its owner' });
    expect(erased).toMatchObject({ account: null, errors: [] });
    expect(await read('Never')).toBeNull();
    expect((await create('never')).errors).toMatchObject([{ code: 'ALREADY_EXISTS' }]);
    expect(await trail({ entityId: ['Never'], action: ['AccountErased'] })).toMatchObject([{ reason: 'asked by its owner' }]);
  });
});

describe('the list of accounts', () => {
  it('filters, orders, searches and pages', async () => {
    for (const id of ['ListC', 'ListA', 'ListB']) await create(id, { accountName: `Zebra ${id}` });
    const list = async (args: string) =>
      (
        await service.data<{ emailAccounts: { nodes: { accountId: string }[]; totalCount: number; pageInfo: { hasNextPage: boolean; endCursor: string } } }>(
          `{ emailAccounts(${args}) { nodes { accountId } totalCount pageInfo { hasNextPage endCursor } } }`,
        )
      ).emailAccounts;
    const all = await list('filter: { text: "zebra" }, orderBy: { field: ACCOUNT_ID, direction: ASC }');
    expect(all).toMatchObject({ nodes: [{ accountId: 'ListA' }, { accountId: 'ListB' }, { accountId: 'ListC' }], totalCount: 3 });
    const page = await list('filter: { text: "zebra" }, orderBy: { field: ACCOUNT_ID, direction: DESC }, first: 2');
    expect(page).toMatchObject({ nodes: [{ accountId: 'ListC' }, { accountId: 'ListB' }], pageInfo: { hasNextPage: true } });
    const rest = await list(`filter: { text: "zebra" }, orderBy: { field: ACCOUNT_ID, direction: DESC }, first: 2, after: "${page.pageInfo.endCursor}"`);
    expect(rest.nodes).toEqual([{ accountId: 'ListA' }]);
    expect((await list('filter: { host: "imap.example.com", receiverKind: [IMAP], ready: true, text: "zeb" }')).totalCount).toBe(3);
  });

  it('is read as it was at a time, each account as it then was', async () => {
    await create('Then', { accountName: 'Yesterday' });
    const before = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Then', accountName: 'Today' });
    await mutate('deleteEmailAccount', 'DeleteEmailAccountInput', { accountId: 'Then' });
    const list = async (args: string) =>
      (
        await service.data<{ emailAccounts: { nodes: unknown[]; totalCount: number } }>(
          `{ emailAccounts(filter: { accountId: ["then"] } ${args}) { nodes { accountName version status } totalCount } }`,
        )
      ).emailAccounts;
    expect(await list(`at: "${before}"`)).toEqual({ nodes: [{ accountName: 'Yesterday', version: 3, status: 'ACTIVE' }], totalCount: 1 });
    expect(await list('at: "2020-01-01T00:00:00Z"')).toEqual({ nodes: [], totalCount: 0 });
    expect(await list('')).toEqual({ nodes: [], totalCount: 0 });
  });

  it('refuses what cannot be paged', async () => {
    for (const args of ['first: 101', 'first: 0', 'first: 2, last: 2', 'after: "nonsense"']) {
      const { errors } = await service.query(`{ emailAccounts(${args}) { nodes { id } } }`);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
    }
  });
});

describe('a node', () => {
  it('is found by its id', async () => {
    const { account } = await create('Node');
    const { node } = await service.data<{ node: unknown }>('query ($id: ID!) { node(id: $id) { __typename id ... on EmailAccount { accountId } } }', {
      id: account?.['id'],
    });
    expect(node).toEqual({ __typename: 'EmailAccount', id: account?.['id'], accountId: 'Node' });
  });
});
