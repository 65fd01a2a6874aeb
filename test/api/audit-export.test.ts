import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvRecords, readCef } from '../projections/export-parsers.js';
import { startTestService, type TestService } from './service.js';

let service: TestService;
const passwords = ['sender-Pa55word!', 'receiver-Pa55word!'];

beforeAll(async () => {
  service = await startTestService();
  await service.data('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { message } } }', {
    input: {
      accountId: 'Sales',
      accountName: '=HYPERLINK("http://evil.example")',
      reason: '+1 | asked = for, by "sales"',
      sender: { smtp: { identity: { emailAddress: 'sales@example.com', password: passwords[0] }, connection: { host: 'smtp.example.com' } } },
      receiver: { imap: { identity: { userId: 'sales', password: passwords[1] }, connection: { host: 'imap.example.com' } } },
    },
  });
});
afterAll(() => service.stop());

const download = (search: string, token: string | null = service.adminToken, headers: Record<string, string> = {}) =>
  fetch(new URL(`/audit/export${search}`, service.url), { headers: { ...headers, ...(token !== null && { authorization: `Bearer ${token}` }) } });
const codeIn = async (answer: Response) => ((await answer.json()) as { errors: [{ extensions: { code: string } }] }).errors[0].extensions.code;

interface Recorded {
  readonly position: string;
  readonly outcome: string;
  readonly actor: { readonly id: string; readonly displayName: string };
  readonly origin: { readonly userAgent: string | null };
  readonly [field: string]: unknown;
}
async function recorded(action: string): Promise<readonly Recorded[]> {
  const { auditTrail } = await service.data<{ auditTrail: { nodes: Recorded[] } }>(
    `query ($action: String!) { auditTrail(filter: { action: [$action] }, last: 10) { nodes { position action outcome actor { id displayName } origin { userAgent }
      ... on AuditExportedEntry { format filter after until entries } ... on AccessDeniedEntry { command role } } } }`,
    { action },
  );
  return auditTrail.nodes;
}

/** What became of a secret is left out of an export for what is none. */
function asExported(entry: object): unknown {
  return JSON.parse(JSON.stringify(entry, (name, value: unknown) => (name === 'secretChange' && value === null ? undefined : value)));
}

describe('GET /audit/export', () => {
  it('gives the entries that the audit trail shows, in the same words', async () => {
    const { auditTrail } = await service.data<{ auditTrail: { nodes: object[] } }>(
      `{ auditTrail(filter: { entityId: ["Sales"] }, first: 100) { nodes { position id occurredAt action outcome actor { kind id displayName } actorRole tokenId reason entityType entityId version
        revertedToVersion changes { path before after secret secretChange } correlationId causationId origin { requestId ip userAgent clientName } } } }`,
    );
    const answer = await download('?entityId=sales');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jsonl; charset=utf-8']);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="audit-trail.jsonl"');
    const lines = (await answer.text()).split('\n').slice(0, -1);
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.map(({ schemaVersion: _schemaVersion, data: _data, ...entry }) => entry)).toEqual(auditTrail.nodes.map(asExported));
    expect(entries).toHaveLength(3);
    expect(entries[0]?.['data']).toEqual({ accountId: 'Sales', accountName: '=HYPERLINK("http://evil.example")', provider: 'custom' });
  });

  it('gives them in CSV and CEF as well', async () => {
    const [header = [], first = [], ...others] = csvRecords(await (await download('?format=csv&entityId=Sales')).text());
    const byName = Object.fromEntries(header.map(({ text }, index) => [text, first[index]?.text]));
    expect(byName).toMatchObject({ action: 'AccountCreated', reason: '\'+1 | asked = for, by "sales"', version: '1' });
    expect(others).toHaveLength(2);
    const lines = (await (await download('?format=cef&entityId=Sales&action=AccountCreated')).text()).split('\n');
    expect(lines).toHaveLength(2);
    expect(readCef(lines[0] ?? '')).toMatchObject({ action: 'AccountCreated', reason: '+1 | asked = for, by "sales"', entityId: 'Sales' });
  });

  it('goes on after the last entry that somebody has, without a second header', async () => {
    const whole = await (await download('?format=csv&entityId=Sales')).text();
    const [header, first] = csvRecords(whole);
    const rest = await (await download(`?format=csv&entityId=Sales&after=${first?.[0]?.text}`)).text();
    expect(whole.endsWith(rest)).toBe(true);
    expect(csvRecords(rest)).toHaveLength(2);
    expect(csvRecords(rest)).not.toContainEqual(header);
  });

  it('holds no password, reference to one or token', async () => {
    const all = await Promise.all(['jsonl', 'csv', 'cef'].map(async (format) => (await download(`?format=${format}`)).text()));
    for (const text of all) {
      expect(text).toContain('SenderConfigured');
      for (const secret of [...passwords, service.adminToken, 'secretId', 'fingerprint"', 'verifier']) expect(text).not.toContain(secret);
    }
  });

  it('is on record before the first entry leaves: who, what, in which form, from where to where', async () => {
    const answer = await download('?format=cef&entityId=Sales&action=AccountCreated&text=sales&after=0', service.adminToken, { 'user-agent': 'curl/9' });
    const position = answer.headers.get('postledger-export-record');
    await expect.poll(async () => (await recorded('AuditExported')).at(-1)?.position).toBe(position);
    const record = (await recorded('AuditExported')).at(-1);
    await answer.text();
    expect(record).toMatchObject({
      outcome: 'ACCEPTED',
      format: 'CEF',
      filter: '{"action":["AccountCreated"],"entityId":["Sales"],"text":true}',
      after: '0',
      until: answer.headers.get('postledger-export-until'),
      origin: { userAgent: 'curl/9' },
    });
    const bySomebody = JSON.parse(decodeURIComponent(answer.headers.get('postledger-export-by') ?? '')) as Recorded['actor'];
    expect(record?.actor).toEqual({ id: bySomebody.id, displayName: bySomebody.displayName });
  });

  it('shows after the erasure of an account no more of it than the audit trail does', async () => {
    await service.data('mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { message } } }', {
      input: {
        accountId: 'Gone',
        accountName: 'Gone',
        receiver: { imap: { identity: { userId: 'gone', password: 'gone-Pa55word!' }, connection: { host: 'imap.example.com' } } },
      },
    });
    await service.data('mutation { eraseEmailAccount(input: { accountId: "Gone", confirmation: "Gone", reason: "asked" }) { errors { message } } }');
    const { auditTrail } = await service.data<{ auditTrail: { nodes: { action: string; changes: object[] }[] } }>(
      '{ auditTrail(filter: { entityId: ["Gone"] }, first: 100) { nodes { action changes { path before after secret secretChange } } } }',
    );
    const text = await (await download('?entityId=Gone')).text();
    const entries = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { action: string; changes: object[] });
    expect(entries.map(({ action, changes }) => ({ action, changes }))).toEqual(auditTrail.nodes.map(asExported));
    expect(entries.at(-1)?.action).toBe('AccountErased');
    expect(text).not.toContain('gone-Pa55word!');
  });
});

describe('whoever may not read the audit trail', () => {
  it.each(['VIEWER', 'OPERATOR', 'EDITOR'])('gets nothing of it as %s, and is on record', async (role) => {
    const answer = await download('', await service.tokenFor(role));
    expect([answer.status, await codeIn(answer)]).toEqual([403, 'FORBIDDEN']);
    await expect
      .poll(async () => (await recorded('AccessDenied')).at(-1))
      .toMatchObject({ command: 'GET /audit/export', role, outcome: 'DENIED', actor: { displayName: role.toLowerCase() } });
  });

  it('gets it as auditor', async () => {
    const answer = await download('?action=AccountCreated', await service.tokenFor('AUDITOR'));
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('"entityId":"Sales"')]);
  });

  it.each([null, 'nonsense'])('learns nothing with the token %s', async (token) => {
    const answer = await download('?format=nonsense', token);
    expect([answer.status, answer.headers.get('www-authenticate'), await codeIn(answer)]).toEqual([401, expect.stringContaining('Bearer'), 'UNAUTHENTICATED']);
  });
});

it.each(['?format=xml', '?after=x', '?until=-1', '?colour=red', '?from=yesterday', '?outcome=DONE', '?format=csv&format=csv', '?after=1&after=2'])(
  'an export of %s is refused and not recorded',
  async (search) => {
    const before = await recorded('AuditExported');
    const answer = await download(search);
    expect([answer.status, await codeIn(answer)]).toEqual([400, 'BAD_USER_INPUT']);
    expect(await recorded('AuditExported')).toEqual(before);
  },
);
