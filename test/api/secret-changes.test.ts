import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.js';

/** What the audit trail says of a secret that is entered: that it is another, or the same once more, and never which. */
const [first, second, clientSecret] = ['canary-first-9f2c', 'canary-second-71ab', 'canary-client-5d0e'];
const answers: string[] = [];
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

async function changed(mutation: string, input: object): Promise<readonly object[]> {
  const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input!`;
  const document = `mutation ($input: ${type}) { ${mutation}(input: $input) { errors { code message } consistencyToken } }`;
  const correlation = `${mutation}-${answers.length}`;
  const answer = await service.query(document, { input }, { headers: { 'x-correlation-id': correlation } });
  const payload = answer.data?.[mutation] as { readonly errors: readonly object[]; readonly consistencyToken: string } | undefined;
  expect([answer.errors, payload?.errors]).toEqual([[], []]);
  const trail = await service.query(
    `query ($filter: AuditTrailFilter) { auditTrail(filter: $filter, first: 10) { nodes { action changes { path before after secret secretChange } } } }`,
    { filter: { correlationId: correlation } },
    { extensions: { consistencyToken: payload?.consistencyToken } },
  );
  answers.push(answer.text, trail.text);
  const { nodes } = (trail.data?.['auditTrail'] ?? { nodes: [] }) as { readonly nodes: readonly { action: string; changes: readonly { secret: boolean }[] }[] };
  return nodes.flatMap(({ action, changes }) => changes.filter(({ secret }) => secret).map((change) => ({ action, ...change })));
}

const told = (action: string, path: string, secretChange: string) => [{ action, path, before: null, after: null, secret: true, secretChange }];
const sender = (password?: string | null, host = 'smtp.example.com') => ({
  smtp: { identity: { emailAddress: 'sales@example.com', ...(password !== undefined && { password }) }, connection: { host } },
});
const receiver = (password: string) => ({ imap: { identity: { userId: 'sales', password }, connection: { host: 'imap.example.com' } } });
const Sales = { accountId: 'Sales' };
const ofSender = (action: string, change: string) => told(action, 'sender.identity.password', change);
const ofReceiver = (action: string, change: string) => told(action, 'receiver.identity.password', change);

describe('the password of an account', () => {
  it('is told to be set, entered again unchanged, changed and cleared', async () => {
    expect(await changed('createEmailAccount', { ...Sales, accountName: 'Sales', sender: sender(first) })).toEqual(ofSender('SenderConfigured', 'SET'));
    expect(await changed('changeSenderPassword', { ...Sales, password: first })).toEqual(ofSender('SenderPasswordChanged', 'ENTERED_AGAIN'));
    expect(await changed('changeSenderPassword', { ...Sales, password: second })).toEqual(ofSender('SenderPasswordChanged', 'CHANGED'));
    expect(await changed('changeSenderPassword', { ...Sales, password: second })).toEqual(ofSender('SenderPasswordChanged', 'ENTERED_AGAIN'));
    expect(await changed('changeSenderPassword', { ...Sales, password: first })).toEqual(ofSender('SenderPasswordChanged', 'CHANGED'));
    expect(await changed('changeSenderPassword', { ...Sales, password: null })).toEqual(ofSender('SenderPasswordChanged', 'CLEARED'));
  });

  it('is told the same where it comes with the whole section, and not at all where it is kept', async () => {
    expect(await changed('configureSender', { ...Sales, sender: sender(first) })).toEqual(ofSender('SenderConfigured', 'SET'));
    expect(await changed('configureSender', { ...Sales, sender: { smtp: { ...sender().smtp, identity: { emailAddress: 'desk@example.com' } } } })).toEqual([]);
    expect(await changed('configureSender', { ...Sales, sender: sender(first, 'smtp2.example.com') })).toEqual(ofSender('SenderConfigured', 'ENTERED_AGAIN'));
    expect(await changed('configureReceiver', { ...Sales, receiver: receiver(first) })).toEqual(ofReceiver('ReceiverConfigured', 'SET'));
    expect(await changed('changeReceiverPassword', { ...Sales, password: first })).toEqual(ofReceiver('ReceiverPasswordChanged', 'ENTERED_AGAIN'));
    expect(await changed('removeReceiver', Sales)).toEqual(ofReceiver('ReceiverRemoved', 'CLEARED'));
  });

  it('is compared over versions by all that lie between: of one that was changed and changed back it is not told that it is the same', async () => {
    const accountId = 'Back';
    await changed('createEmailAccount', { accountId, accountName: 'Back', sender: sender(first) });
    await changed('changeSenderPassword', { accountId, password: second });
    await changed('changeSenderPassword', { accountId, password: first });
    await changed('changeSenderPassword', { accountId, password: first });
    const compared = async (from: number, to: number) => {
      const answer = await service.query(
        `{ compareEmailAccountVersions(accountId: "${accountId}", from: ${from}, to: ${to}) { changes { path secret secretChange } } }`,
      );
      answers.push(answer.text);
      return answer.data?.['compareEmailAccountVersions'];
    };
    const password = { path: 'sender.identity.password', secret: true };
    expect(await compared(2, 3)).toEqual({ changes: [{ ...password, secretChange: 'CHANGED' }] });
    expect(await compared(2, 4)).toEqual({ changes: [{ ...password, secretChange: 'CHANGED' }] });
    expect(await compared(4, 2)).toEqual({ changes: [{ ...password, secretChange: 'CHANGED' }] });
    expect(await compared(4, 5)).toEqual({ changes: [{ ...password, secretChange: 'ENTERED_AGAIN' }] });
  });

  it('is told the same after the views were built anew from the log', async () => {
    const trail = '{ auditTrail(filter: { action: ["SenderPasswordChanged"] }, first: 100) { nodes { id changes { path secretChange } } } }';
    const before = await service.data(trail);
    await service.rebuildViews();
    expect(await service.data(trail)).toEqual(before);
    expect(JSON.stringify(before)).toContain('ENTERED_AGAIN');
  });
});

describe('a secret of an authentication profile', () => {
  it('is told to be set, entered again unchanged, changed and cleared', async () => {
    const profile = { name: 'corp', grant: 'CLIENT_CREDENTIALS', tokenEndpoint: 'https://login.example.com/token', clientId: 'mail' };
    const change = (value: string | null) => changed('changeAuthenticationProfile', { name: 'corp', clientSecret: value });
    const ofProfile = (what: string) => told('AuthenticationProfileChanged', 'clientSecret', what);
    expect(await changed('createAuthenticationProfile', { ...profile, clientSecret })).toEqual(told('AuthenticationProfileCreated', 'clientSecret', 'SET'));
    expect(await change(clientSecret)).toEqual(ofProfile('ENTERED_AGAIN'));
    expect(await change(second)).toEqual(ofProfile('CHANGED'));
  });

  it('that is a refresh token is told so as well', async () => {
    const profile = { name: 'token', grant: 'REFRESH_TOKEN', tokenEndpoint: 'https://login.example.com/token', clientId: 'mail', clientSecret };
    expect(await changed('createAuthenticationProfile', { ...profile, refreshToken: first })).toEqual([
      ...told('AuthenticationProfileCreated', 'clientSecret', 'SET'),
      ...told('AuthenticationProfileCreated', 'refreshToken', 'SET'),
    ]);
    const change = (value: string) => changed('changeAuthenticationProfile', { name: 'token', refreshToken: value });
    expect(await change(first)).toEqual(told('AuthenticationProfileChanged', 'refreshToken', 'ENTERED_AGAIN'));
    expect(await change(second)).toEqual(told('AuthenticationProfileChanged', 'refreshToken', 'CHANGED'));
  });
});

describe('what was entered', () => {
  it('is in no answer and no export, and neither is a fingerprint of it', async () => {
    for (const format of ['jsonl', 'csv', 'cef']) {
      const exported = await fetch(service.url.replace('/graphql', `/audit/export?format=${format}`), {
        headers: { authorization: `Bearer ${service.adminToken}` },
      });
      expect(exported.status).toBe(200);
      answers.push(await exported.text());
    }
    const all = [...answers, service.logged()].join('\n');
    expect(all).toContain('ENTERED_AGAIN');
    for (const secret of [first, second, clientSecret, 'fingerprint":"', 'secretId', 'boundTo', 'sameValueAs']) expect(all).not.toContain(secret);
  });
});
