import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from './service.js';

/** Passwords that occur nowhere else: wherever one turns up, it has leaked. */
const canaries = Array.from({ length: 12 }, (_, n) => `Kanarie-${n}-ü~%&"/+${(0x9e3779b97f4a7c15n * BigInt(n + 1)).toString(36)}`);
const canary = (n: number) => canaries[n % canaries.length] ?? '';

/** How a leaked secret may look: as it is, escaped, base64 at any of three offsets, URL-encoded, hex, and as SMTP and IMAP put it on the wire. */
function shapesOf(secret: string): readonly string[] {
  const base64At = (offset: number) => {
    const encoded = Buffer.from(`${'x'.repeat(offset)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(Math.ceil((offset * 8) / 6), -1);
  };
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    Buffer.from(secret).toString('hex'),
    base64At(0),
    base64At(1),
    base64At(2),
  ];
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a password', () => {
  let service: TestService;
  const answers: string[] = [];
  const send = async (document: string, variables: Record<string, unknown>) => {
    const { text } = await service.query(document, variables);
    answers.push(text);
  };
  const mutate = (mutation: string, type: string, input: unknown) =>
    send(`mutation ($input: ${type}!) { ${mutation}(input: $input) { errors { code message field } } }`, { input });
  const sender = (password: unknown, more: object = {}) => ({
    smtp: { identity: { emailAddress: 'a@example.com', password, ...more }, connection: { host: '127.0.0.1', port: 1 } },
  });

  beforeAll(async () => {
    service = await startTestService();
    await mutate('createEmailAccount', 'CreateEmailAccountInput', {
      accountId: 'Canary',
      accountName: 'Canary',
      sender: sender(canary(0)),
      receiver: { imap: { identity: { userId: 'a@example.com', password: canary(1) }, connection: { host: '127.0.0.1', port: 1 } } },
      idempotencyKey: 'canary',
    });
    await mutate('changeSenderPassword', 'ChangeSenderPasswordInput', { accountId: 'Canary', password: canary(2) });
    await mutate('changeReceiverPassword', 'ChangeReceiverPasswordInput', { accountId: 'Canary', password: canary(3) });
    await mutate('configureSender', 'ConfigureSenderInput', { accountId: 'Canary', sender: sender(canary(4)) });
    await mutate('testConnection', 'TestConnectionInput', { accountId: 'Canary' });
    await mutate('testConnection', 'TestConnectionInput', { draft: { sender: sender(canary(5)) } });
    await mutate('sendTestMessage', 'SendTestMessageInput', { accountId: 'Canary', to: 'b@example.com' });
    // What is malformed beside the password: missing and unknown fields, wrong types, wrong enums, and the password where it does not belong.
    const malformed: unknown[] = [
      { accountId: 'Bad', sender: sender(canary(6)) },
      { accountId: 'Bad', accountName: 'Bad', unknown: 1, sender: sender(canary(6)) },
      { accountId: 'Bad', accountName: 'Bad', sender: sender(canary(7), { emailAdress: 'x' }) },
      { accountId: 'Bad', accountName: 'Bad', sender: { smtp: { identity: { password: canary(7) } } } },
      {
        accountId: 'Bad',
        accountName: 'Bad',
        sender: { smtp: { identity: { emailAddress: 'a@example.com', password: canary(8) }, connection: { port: 'high', startTls: 'SOMETIMES' } } },
      },
      { accountId: 'Bad', accountName: 'Bad', sender: { ...sender(canary(8)), microsoftGraph: {} } },
      { accountId: 'Bad', accountName: 'Bad', sender: sender([canary(9)]) },
      { accountId: 'Bad', accountName: 'Bad', sender: sender({ value: canary(9) }) },
      { accountId: 'Bad', accountName: 'Bad', sender: sender(`${canary(10)}\r\n`) },
      { accountId: 'Bad', accountName: 'Bad', sender: sender(canary(10).repeat(400)) },
      { accountId: 'Bad', accountName: 'Bad', sender: { smtp: { identity: { emailAddress: canary(11), password: canary(11) } } } },
    ];
    for (const input of malformed) await mutate('createEmailAccount', 'CreateEmailAccountInput', input);
    await send(`mutation { changeSenderPassword(input: { accountId: "Canary", password: ${JSON.stringify(canary(6))} }) { errors { code } } }`, {});
    await send(
      `mutation ($password: Secret = ${JSON.stringify(canary(7))}) { changeSenderPassword(input: { accountId: "Canary", password: $password }) { errors { code } } }`,
      {},
    );
    await send(
      'query { emailAccounts { nodes { accountId accountName sender { __typename } history { nodes { action changes { path before after } } } } } }',
      {},
    );
    await send('query { auditTrail(first: 100) { nodes { action reason changes { path before after secret } } } }', {});
    answers.push(await (await fetch(new URL('/metrics', service.url))).text());
    await mutate('eraseEmailAccount', 'EraseEmailAccountInput', { accountId: 'Canary', confirmation: 'Canary', reason: 'done' });
  });
  afterAll(() => service.stop());

  it('was really set and really refused, or this proves nothing', () => {
    expect(answers[0]).toContain('"errors":[]');
    expect(answers.filter((text) => text.includes('BAD_USER_INPUT') || text.includes('GRAPHQL_VALIDATION_FAILED')).length).toBeGreaterThanOrEqual(8);
    expect(service.logged().length).toBeGreaterThan(100);
  });

  it.each(canaries.map((secret, n) => [n, secret] as const))('is in no answer and no log line (canary %d)', (_n, secret) => {
    const told = [...answers, service.logged()].join('\n');
    for (const shape of shapesOf(secret)) expect(told.includes(shape)).toBe(false);
  });

  it('is in no file of the data directory', async () => {
    const files = await filesBelow(service.dataDirectory);
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files) {
      const content = await readFile(file);
      for (const shape of canaries.flatMap(shapesOf)) expect([file, content.includes(shape)]).toEqual([file, false]);
    }
  });
});
