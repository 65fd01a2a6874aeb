import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { once as answerOnce } from '../http/http-service.js';
import { closeFakeServers, imapServer, smtpServer, type FakeServer } from '../mail/lab/fake-server.js';
import { canaries, filesWith, shapesOf } from './canaries.js';
import { startTestService, type TestService } from './service.js';

const canary = (n: number) => canaries[n] ?? expect.fail(`There is no canary ${n}.`);
/** A server says back what it was sent, the password in it. */
const echo = (answer: string) => (socket: Socket, line: string) => void socket.write(`${answer.replace('${tag}', line.split(' ')[0] ?? '')} ${line}\r\n`);

interface EchoingProvider {
  readonly url: string;
  received(): string;
  stop(): Promise<unknown>;
}

/** A token endpoint that refuses everybody, and says back what it was sent. */
async function echoingProvider(): Promise<EchoingProvider> {
  let received = '';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received += `${body}\n`;
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          error: 'invalid_request',
          error_description: body,
          error_uri: `https://provider.example/?${body}`,
          sent: decodeURIComponent(body.replaceAll('+', ' ')),
        }),
      );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => received,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe('a password', () => {
  let service: TestService;
  let smtp: FakeServer;
  let imap: FakeServer;
  let provider: EchoingProvider;
  const answers: string[] = [];
  /** What is random in every token that there was. */
  const tokens: string[] = [];

  const send = async (document: string, variables: Record<string, unknown>, extensions?: Record<string, unknown>) => {
    const { text } = await service.query(document, variables, extensions && { extensions });
    answers.push(text);
  };
  const mutationOf = (mutation: string) =>
    `mutation ($input: ${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input!) { ${mutation}(input: $input) { errors { code message field } } }`;
  const mutate = (mutation: string, input: unknown) => send(mutationOf(mutation), { input });
  const sender = (password: unknown, more: object = {}) => ({
    smtp: { identity: { emailAddress: 'a@example.com', password, ...more }, connection: { host: '127.0.0.1', port: smtp.port, startTls: 'DISABLED' } },
  });
  const receiver = (password: unknown) => ({
    imap: {
      identity: { userId: 'a@example.com', password },
      connection: { host: '127.0.0.1', port: imap.port, useTls: false, startTls: 'DISABLED' },
    },
  });
  const request = async (path: string, options: RequestInit) => {
    const headers = { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json', ...(options.headers as Record<string, string>) };
    const response = await fetch(new URL(path, service.url), { ...options, headers });
    answers.push(await response.text(), JSON.stringify([...response.headers]));
  };

  beforeAll(async () => {
    service = await startTestService({ POSTLEDGER_LOG_LEVEL: 'trace' });
    smtp = await smtpServer({ answers: { 'AUTH PLAIN': echo('535 5.7.8'), 'AUTH LOGIN': echo('535 5.7.8') } });
    provider = await echoingProvider();
    imap = await imapServer({ answers: { LOGIN: echo('${tag} NO [AUTHENTICATIONFAILED]') } });
    tokens.push(service.adminToken);
    for (const role of ['VIEWER', 'EDITOR']) tokens.push(await service.tokenFor(role));

    const created = {
      accountId: 'Canary',
      accountName: 'Canary',
      sender: sender(canary(0)),
      receiver: receiver(canary(1)),
      idempotencyKey: 'canary',
    };
    await mutate('createEmailAccount', created);
    await mutate('createEmailAccount', created);
    await mutate('createEmailAccount', { ...created, sender: sender(canary(2)) });
    await mutate('changeSenderPassword', { accountId: 'Canary', password: canary(2) });
    await mutate('changeReceiverPassword', { accountId: 'Canary', password: canary(3) });
    await mutate('configureSender', { accountId: 'Canary', sender: sender(canary(4)) });
    await mutate('configureSender', { accountId: 'Canary', sender: sender(canary(5)), expectedVersion: 1 });
    await testAndSend();
    await sendMalformed();
    await sendOverWebSockets();
    await sendWhatIsNoRequest();
    await sendOfProfiles();
    await send(
      'query { emailAccounts { nodes { accountId accountName sender { __typename } connectionTest { stages { serverResponse message hint } } history { nodes { action changes { path before after } } } } } }',
      {},
    );
    await send(
      '{ auditTrail(first: 100) { nodes { __typename action reason changes { path before after secret } ... on TestMessageSentEntry { serverResponse } } } apiTokens { nodes { id name } } }',
      {},
    );
    await service.rebuildViews();
    await mutate('eraseEmailAccount', { accountId: 'Canary', confirmation: 'Canary', reason: 'done' });
    await service.restart();
    await request('/metrics', {});
    await request('/readyz', {});
  });
  afterAll(async () => {
    await closeFakeServers();
    await provider.stop();
    await service.stop();
  });

  async function testAndSend(): Promise<void> {
    const stages = 'test { stages { code message hint serverResponse } } errors { code message field }';
    const test = (input: object) => send(`mutation ($input: TestConnectionInput!) { testConnection(input: $input) { ${stages} } }`, { input });
    await test({ accountId: 'Canary' });
    await test({ draft: { sender: sender(canary(5)), receiver: receiver(canary(6)) } });
    await test({ accountId: 'Canary', draft: { receiver: receiver(canary(7)) } });
    await send('mutation ($input: SendTestMessageInput!) { sendTestMessage(input: $input) { messageId serverResponse errors { code message } } }', {
      input: { accountId: 'Canary', to: 'b@example.com', idempotencyKey: 'message' },
    });
  }

  /** Missing and unknown fields beside the password, wrong types, wrong enums, and the password where it does not belong. */
  async function sendMalformed(): Promise<void> {
    const bad = { accountId: 'Bad', accountName: 'Bad' };
    const malformed: unknown[] = [
      { accountId: 'Bad', sender: sender(canary(8)) },
      { ...bad, unknown: 1, sender: sender(canary(8)) },
      { ...bad, sender: sender(canary(9), { emailAdress: 'x' }) },
      { ...bad, sender: { smtp: { identity: { password: canary(9) } } } },
      { ...bad, sender: { smtp: { identity: { emailAddress: 'a@example.com', password: canary(10) }, connection: { port: 'high', startTls: 'SOMETIMES' } } } },
      { ...bad, sender: { ...sender(canary(10)), microsoftGraph: {} } },
      { ...bad, sender: sender([canary(11)]) },
      { ...bad, sender: sender({ value: canary(11) }) },
      { ...bad, sender: sender(`${canary(12)}\r\n`) },
      { ...bad, sender: sender(canary(12).repeat(400)) },
      { ...bad, sender: { smtp: { identity: { emailAddress: canary(13), password: canary(13) } } } },
      { ...bad, sender: sender(null, { [canary(13)]: 1 }) },
      { ...bad, provider: canary(13) },
    ];
    for (const input of malformed) await mutate('createEmailAccount', input);
    const [literal, other] = [canary(14), canary(15)].map((secret) => JSON.stringify(secret));
    await send(`mutation { changeSenderPassword(input: { accountId: "Canary", password: ${literal} }) { errors { code } } }`, {});
    await send(`mutation ($password: Secret = ${other}) { changeSenderPassword(input: { accountId: "Canary", password: $password }) { errors { code } } }`, {});
    await send(`{ viewer { role ${literal} } }`, {});
    await send('{ viewer { role } }', { unused: canary(15) }, { consistencyToken: canary(15), other: canary(15) });
  }

  async function sendOverWebSockets(): Promise<void> {
    const url = service.url.replace('http', 'ws');
    const client = createClient({
      url,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${service.adminToken}`, comment: canary(16) },
      retryAttempts: 0,
    });
    const change = mutationOf('changeSenderPassword');
    for (const input of [
      { accountId: 'Canary', password: canary(16) },
      { accountId: 'Canary', password: [canary(16)] },
      { accountId: 'Canary', password: canary(17), unknown: canary(17) },
    ])
      answers.push((await answerOnce(client, change, { input })).text);
    const draft = { draft: { sender: sender(canary(17)) } };
    const progress = client.iterate({
      query: 'subscription ($input: TestConnectionInput!) { connectionTestProgress(input: $input) { stage { message serverResponse } test { outcome } } }',
      variables: { input: draft },
    });
    for await (const message of progress) answers.push(JSON.stringify(message));
    await client.dispose();
    for (const first of [`{"type":"connection_init","payload":{"authorization":"Bearer ${encodeURIComponent(canary(18))}"}}`, `no message but ${canary(18)}`]) {
      const socket = new WebSocket(url, 'graphql-transport-ws');
      socket.on('message', (data: Buffer) => answers.push(data.toString()));
      await once(socket, 'open');
      socket.send(first);
      const [, reason] = (await once(socket, 'close')) as [number, Buffer];
      answers.push(reason.toString());
    }
  }

  /** Client secrets, refresh tokens, keys and codes: at a provider that says back what it was sent, and where they do not belong. */
  async function sendOfProfiles(): Promise<void> {
    const made = (input: object) =>
      send(
        'mutation ($input: CreateAuthenticationProfileInput!) { createAuthenticationProfile(input: $input) { authenticationProfile { state } errors { code message field } } }',
        {
          input,
        },
      );
    const profile = { grant: 'CLIENT_CREDENTIALS', preset: 'CUSTOM', tokenEndpoint: `${provider.url}/token`, clientId: 'client' };
    await made({ ...profile, name: 'secret', clientSecret: canary(24) });
    await made({ ...profile, name: 'refresh', grant: 'REFRESH_TOKEN', clientSecret: canary(24), refreshToken: canary(25) });
    await made({ ...profile, name: 'key', certificatePem: 'no certificate', privateKeyPem: canary(26) });
    await made({ ...profile, name: canary(26), clientSecret: canary(26), unknown: canary(26) });
    for (const authenticationProfile of ['secret', 'refresh'])
      await send(
        'mutation ($input: TestConnectionInput!) { testConnection(input: $input) { test { stages { code message hint serverResponse } } errors { code message } } }',
        {
          input: {
            draft: {
              receiver: {
                imap: {
                  identity: { userId: 'a@example.com' },
                  connection: { host: '127.0.0.1', port: imap.port, useTls: false, startTls: 'DISABLED', authenticationProfile },
                },
              },
            },
          },
        },
      );
    await send(
      '{ authenticationProfiles { nodes { name state stateMessage clientSecret { isSet } history { nodes { action changes { path before after } } } } } }',
      {},
    );
    await send('mutation ($input: CreateTruststoreInput!) { createTruststore(input: $input) { errors { code message } } }', {
      input: { name: 'keys', pem: `-----BEGIN PRIVATE KEY-----\n${canary(27)}\n-----END PRIVATE KEY-----` },
    });
    const callback = new URLSearchParams({ code: canary(28), state: canary(28), error_description: canary(28), iss: canary(28) }).toString();
    await request(`/oauth/callback?${callback}`, { method: 'GET' });
  }

  /** Requests that do not get as far as GraphQL. */
  async function sendWhatIsNoRequest(): Promise<void> {
    const body = JSON.stringify({ query: mutationOf('changeSenderPassword'), variables: { input: { accountId: 'Canary', password: canary(19) } } });
    await request('/graphql', { method: 'POST', body, headers: { 'content-type': 'text/plain' } });
    await request('/graphql', { method: 'POST', body, headers: { 'content-type': `multipart/form-data; boundary=${encodeURIComponent(canary(19))}` } });
    await request('/graphql', { method: 'POST', body: `${body.slice(0, -1)}, "password": "${canary(20)}` });
    await request('/graphql', { method: 'POST', body: JSON.stringify({ query: canary(20), variables: canary(20), operationName: [canary(20)] }) });
    await request('/graphql', { method: 'POST', body: JSON.stringify({ query: '{ viewer { role } }', operationName: canary(20) }) });
    await request('/graphql', {
      method: 'POST',
      body: `{"query": "{ viewer { role } }", "variables": {"long": "${canary(21).replace('"', '')}${' '.repeat(1_100_000)}"}}`,
    });
    await request('/graphql', { method: 'PUT', body });
    const inUrl = new URLSearchParams({ query: mutationOf('changeSenderPassword'), variables: JSON.stringify({ input: { password: canary(22) } }) }).toString();
    await request(`/graphql?${inUrl}`, { method: 'GET', headers: { 'apollo-require-preflight': '1' } });
    await request(`/graphql?${inUrl}&`, { method: 'GET' });
    await request(`/${encodeURIComponent(canary(22))}`, { method: 'GET' });
    for (const authorization of [`Bearer ${encodeURIComponent(canary(23))}`, `Basic ${Buffer.from(`admin:${canary(23)}`).toString('base64')}`])
      await request('/graphql', { method: 'POST', body: '{"query":"{ viewer { role } }"}', headers: { authorization } });
  }

  it('was really set, really sent to a server, and really refused, or this proves nothing', () => {
    expect(answers[0]).toContain('"errors":[]');
    expect(answers.filter((text) => text.includes('BAD_USER_INPUT') || text.includes('GRAPHQL_VALIDATION_FAILED')).length).toBeGreaterThanOrEqual(20);
    // Three tests, a message, a subscription, and the history of them.
    expect(answers.filter((text) => text.includes('[secret]')).length).toBeGreaterThanOrEqual(6);
    for (const sent of [canary(4), canary(5)].map((secret) => Buffer.from(`\0a@example.com\0${secret}`).toString('base64')))
      expect(smtp.received()).toContain(sent);
    expect(imap.connections()).toBeGreaterThanOrEqual(3);
    expect(service.logged().split('\n').length).toBeGreaterThan(40);
    expect(tokens).toHaveLength(3);
    // Both grants were asked for, with what is looked for.
    expect(provider.received()).toContain(new URLSearchParams({ client_secret: canary(24) }).toString());
    expect(provider.received()).toContain(new URLSearchParams({ refresh_token: canary(25) }).toString());
  });

  it.each(canaries.map((secret, n) => [n, secret] as const))('is in no answer and no log line (canary %d)', (_n, secret) => {
    const told = [...answers, service.logged()].join('\n');
    for (const shape of shapesOf(secret)) expect([shape, told.includes(shape)]).toEqual([shape, false]);
  });

  it('is in no file of the data directory', async () => {
    const { searched, found } = await filesWith(service.dataDirectory, canaries.flatMap(shapesOf));
    expect(searched).toBeGreaterThanOrEqual(5);
    expect(found).toEqual([]);
  });

  it('is held to as strictly where it is a token: the first one is in the file made for it, and none anywhere else', async () => {
    const random = tokens.map((token) => token.split('_')[2] ?? '');
    expect(random.every((text) => /^\w{43}$/.test(text))).toBe(true);
    const told = [...answers, service.logged()].join('\n');
    for (const shape of random.flatMap(shapesOf)) expect(told.includes(shape)).toBe(false);
    expect((await filesWith(service.dataDirectory, random.flatMap(shapesOf))).found).toEqual(['bootstrap-token']);
  });
});
