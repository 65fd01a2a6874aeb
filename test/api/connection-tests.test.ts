import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMailLab, withMailLab, type MailLab } from '../mail/lab/mail-lab.js';
import { startTestService, type TestService } from './service.js';

interface Stage {
  readonly direction: string;
  readonly stage: string;
  readonly outcome: string;
  readonly code: string;
  readonly hint: string | null;
  readonly tls: { readonly version: string; readonly trusted: boolean; readonly certificates: readonly { readonly subject: string }[] } | null;
}
interface Payload {
  readonly test: {
    readonly id: string;
    readonly outcome: string;
    readonly stale: boolean;
    readonly accountVersion: number | null;
    readonly stages: readonly Stage[];
  } | null;
  readonly errors: readonly { readonly code: string; readonly field: readonly string[] | null }[];
}
const testFields =
  'test { id outcome stale accountVersion durationMilliseconds startedBy { kind } stages { direction stage outcome code message hint address port durationMilliseconds serverResponse tls { version trusted certificates { subject } } } } errors { code message field }';

describe.runIf(withMailLab)('the main job, on real mail servers', () => {
  let lab: MailLab;
  let service: TestService;
  beforeAll(async () => {
    lab = await startMailLab();
    service = await startTestService({}, { additionalRoots: [lab.authority] });
  });
  afterAll(() => service.stop());

  const test = async (input: object): Promise<Payload> =>
    (await service.data<{ testConnection: Payload }>(`mutation ($input: TestConnectionInput!) { testConnection(input: $input) { ${testFields} } }`, { input }))
      .testConnection;
  const mutate = async (mutation: string, type: string, input: object) =>
    (
      await service.data<Record<string, { account: Record<string, unknown> | null; errors: { code: string; field: string[] | null }[] }>>(
        `mutation ($input: ${type}!) { ${mutation}(input: $input) { account { version connectionTest { outcome stale } } errors { code field } } }`,
        { input },
      )
    )[mutation];
  const sender = ({
    host = lab.hosts.good,
    password = lab.users.alice.password,
    ...more
  }: { host?: string; password?: string | null; [field: string]: unknown } = {}) => ({
    smtp: { identity: { emailAddress: lab.users.alice.address, password }, connection: { host, port: lab.ports.submission, startTls: 'REQUIRED', ...more } },
  });
  const receiver = ({
    host = lab.hosts.good,
    password = lab.users.alice.password,
    ...more
  }: { host?: string; password?: string; [field: string]: unknown } = {}) => ({
    imap: { identity: { userId: lab.users.alice.address, password }, connection: { host, port: lab.ports.imaps, ...more } },
  });
  const create = (accountId: string, more: object = {}) =>
    mutate('createEmailAccount', 'CreateEmailAccountInput', { accountId, accountName: accountId, sender: sender(), receiver: receiver(), ...more });
  const stagesOf = (payload: Payload, direction: string) => payload.test?.stages.filter((stage) => stage.direction === direction) ?? [];

  it('tests a saved account stage by stage, keeps the result with the version it holds for, and calls it stale once the settings change', async () => {
    await create('Lab');
    const tested = await test({ accountId: 'Lab' });
    expect(tested).toMatchObject({ errors: [], test: { outcome: 'PASSED', stale: false, accountVersion: 3 } });
    expect(stagesOf(tested, 'SENDER').map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(
      ['DNS', 'CONNECT', 'GREETING', 'STARTTLS', 'AUTHENTICATION', 'SENDER', 'RECIPIENT'].map((stage) => `${stage} PASSED`),
    );
    expect(stagesOf(tested, 'RECEIVER').map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(
      ['DNS', 'CONNECT', 'TLS', 'GREETING', 'AUTHENTICATION', 'MAILBOX'].map((stage) => `${stage} PASSED`),
    );
    const { tls } = stagesOf(tested, 'RECEIVER').find(({ stage }) => stage === 'TLS') ?? {};
    expect(tls).toMatchObject({ version: 'TLSv1.3', trusted: true });
    expect(tls?.certificates.length).toBeGreaterThanOrEqual(1);

    const { node, emailAccount } = await service.data<{ node: unknown; emailAccount: unknown }>(
      `query ($id: ID!) { node(id: $id) { ... on ConnectionTest { outcome stale stages { stage } } } emailAccount(accountId: "Lab") { version connectionTest { outcome stale accountVersion } } }`,
      { id: tested.test?.id },
    );
    expect(node).toMatchObject({ outcome: 'PASSED', stale: false });
    expect(emailAccount).toEqual({ version: 4, connectionTest: { outcome: 'PASSED', stale: false, accountVersion: 3 } });

    expect((await mutate('renameEmailAccount', 'RenameEmailAccountInput', { accountId: 'Lab', accountName: 'Renamed' }))?.account).toMatchObject({
      connectionTest: { stale: false },
    });
    const rotated = await mutate('changeReceiverPassword', 'ChangeReceiverPasswordInput', { accountId: 'Lab', password: 'another one' });
    expect(rotated?.account).toMatchObject({ connectionTest: { outcome: 'PASSED', stale: true } });
    const again = await test({ accountId: 'Lab' });
    expect(again.test).toMatchObject({ outcome: 'FAILED', stale: false });
    expect(stagesOf(again, 'RECEIVER').find(({ outcome }) => outcome === 'FAILED')).toMatchObject({ stage: 'AUTHENTICATION', code: 'AUTHENTICATION_FAILED' });
    expect(stagesOf(again, 'SENDER').every(({ outcome }) => outcome === 'PASSED')).toBe(true);
  });

  it('tests a draft, which is stored nowhere, and leaves a record of where it connected to', async () => {
    const tested = await test({ draft: { sender: sender(), receiver: receiver() } });
    expect(tested).toMatchObject({ errors: [], test: { outcome: 'PASSED', accountVersion: null } });
    const { auditTrail } = await service.data<{ auditTrail: { nodes: { targets: string[] }[] } }>(
      '{ auditTrail(filter: { action: ["DraftConnectionTested"] }, last: 1) { nodes { ... on DraftConnectionTestedEntry { targets testOutcome } } } }',
    );
    expect(auditTrail.nodes).toEqual([
      { targets: [`smtp://127.0.0.1:${lab.ports.submission}?tls=required`, `imap://127.0.0.1:${lab.ports.imaps}?tls=implicit`], testOutcome: 'PASSED' },
    ]);
  });

  it('uses a saved password in front of an edited form only where its endpoint is unchanged', async () => {
    await create('Edited');
    const { smtp } = sender();
    const identity = { emailAddress: smtp.identity.emailAddress };
    expect(
      (await test({ accountId: 'Edited', draft: { sender: { smtp: { ...smtp, identity: { ...identity, displayName: 'New' } } } }, directions: ['SENDER'] }))
        .test?.outcome,
    ).toBe('PASSED');
    const elsewhere = { smtp: { identity, connection: { ...smtp.connection, host: lab.hosts.tls12 } } };
    expect(await test({ accountId: 'Edited', draft: { sender: elsewhere }, directions: ['SENDER'] })).toMatchObject({
      test: null,
      errors: [{ code: 'SECRET_REBIND_REQUIRED' }],
    });
  });

  it('says of a server with a CA that nobody trusts that it is untrusted, shows its chain, and offers no way around', async () => {
    const tested = await test({ draft: { receiver: receiver({ host: lab.hosts.untrusted }) } });
    const failed = stagesOf(tested, 'RECEIVER').find(({ outcome }) => outcome === 'FAILED');
    expect(failed).toMatchObject({ stage: 'TLS', code: 'CERTIFICATE_UNTRUSTED', tls: { trusted: false } });
    expect(failed?.tls?.certificates.length).toBeGreaterThanOrEqual(1);
    expect(failed?.hint).toMatch(/CA/);
    expect(JSON.stringify(failed)).not.toMatch(/skip|ignore|disable|without (?:check|verif)|insecure/i);
  });

  it('sends a test message that arrives, once for one idempotency key, and on record', async () => {
    await create('Messenger');
    const send = async () =>
      (
        await service.data<{ sendTestMessage: { messageId: string | null; errors: unknown[] } }>(
          'mutation ($input: SendTestMessageInput!) { sendTestMessage(input: $input) { messageId serverResponse errors { code message } } }',
          { input: { accountId: 'Messenger', to: lab.users.bob.address, idempotencyKey: 'message-1', reason: 'Does it arrive?' } },
        )
      ).sendTestMessage;
    const sent = await send();
    expect(sent).toMatchObject({ errors: [], messageId: expect.stringMatching(/^<.+@lab\.test>$/) as unknown });
    expect((await send()).messageId).toBe(sent.messageId);
    await expect.poll(() => messagesOfBob(sent.messageId ?? ''), { timeout: 10_000, interval: 200 }).toBe(1);
    const { auditTrail } = await service.data<{ auditTrail: unknown }>(
      '{ auditTrail(filter: { action: ["TestMessageSent"] }) { nodes { reason entityId ... on TestMessageSentEntry { messageId code } } } }',
    );
    expect(auditTrail).toEqual({ nodes: [{ reason: 'Does it arrive?', entityId: 'Messenger', messageId: sent.messageId, code: 'OK' }] });
  });

  it('follows a message into the mailbox of the account, and records where it stopped', async () => {
    await create('Trip');
    const verify = async (input: object) =>
      (
        await service.data<{
          verifyRoundTrip: { roundTrip: { outcome: string; messageId: string; stages: { stage: string; outcome: string }[] } | null; errors: unknown[] };
        }>(
          'mutation ($input: VerifyRoundTripInput!) { verifyRoundTrip(input: $input) { roundTrip { outcome messageId durationMilliseconds stages { stage outcome code message hint durationMilliseconds } } errors { code field message } } }',
          { input },
        )
      ).verifyRoundTrip;
    const whole = await verify({ accountId: 'trip' });
    expect(whole).toMatchObject({ errors: [], roundTrip: { outcome: 'PASSED' } });
    expect(whole.roundTrip?.stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
      'SENT PASSED',
      'ARRIVED PASSED',
      'READ PASSED',
      'REMOVED PASSED',
    ]);

    await mutate('changeSenderPassword', 'ChangeSenderPasswordInput', { accountId: 'Trip', password: 'another one' });
    const stopped = await verify({ accountId: 'Trip', timeoutSeconds: 2 });
    expect(stopped).toMatchObject({ errors: [], roundTrip: { outcome: 'FAILED', stages: [{ stage: 'SENT', code: 'AUTHENTICATION_FAILED' }, {}, {}, {}] } });
    expect(await verify({ accountId: 'Trip', timeoutSeconds: 600 })).toMatchObject({
      roundTrip: null,
      errors: [{ code: 'OUT_OF_RANGE', field: ['timeoutSeconds'] }],
    });
    await create('OneWay', { receiver: null });
    expect(await verify({ accountId: 'OneWay' })).toMatchObject({ roundTrip: null, errors: [{ code: 'NOT_READY', field: ['accountId'] }] });

    const { auditTrail } = await service.data<{ auditTrail: { nodes: object[] } }>(
      '{ auditTrail(filter: { action: ["RoundTripVerified"] }) { nodes { entityId ... on RoundTripVerifiedEntry { messageId stoppedAt code } } } }',
    );
    expect(auditTrail.nodes).toEqual([
      { entityId: 'trip', messageId: whole.roundTrip?.messageId, stoppedAt: null, code: 'OK' },
      { entityId: 'Trip', messageId: stopped.roundTrip?.messageId, stoppedAt: 'SENT', code: 'AUTHENTICATION_FAILED' },
    ]);
  });

  it('sends nothing through a disabled account', async () => {
    await create('Silent');
    await mutate('disableEmailAccount', 'DisableEmailAccountInput', { accountId: 'Silent' });
    const { sendTestMessage } = await service.data<{ sendTestMessage: unknown }>(
      `mutation { sendTestMessage(input: { accountId: "Silent", to: "bob@lab.test" }) { messageId errors { code } } }`,
    );
    expect(sendTestMessage).toEqual({ messageId: null, errors: [{ code: 'ACCOUNT_DISABLED' }] });
  });

  /** How many messages of this id lie in Bob's inbox. */
  async function messagesOfBob(messageId: string): Promise<number> {
    const client = new ImapFlow({
      host: lab.hosts.good,
      port: lab.ports.imaps,
      secure: true,
      tls: { ca: [lab.authority] },
      auth: { user: lab.users.bob.address, pass: lab.users.bob.password },
      logger: false,
    });
    await client.connect();
    try {
      await client.mailboxOpen('INBOX', { readOnly: true });
      const found = await client.search({ header: { 'message-id': messageId } });
      return found ? found.length : 0;
    } finally {
      await client.logout();
    }
  }
});

describe('a connection test', () => {
  it('is limited for each caller, and says when to come back', async () => {
    const service = await startTestService({ POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '2' });
    try {
      const input = { draft: { sender: { smtp: { identity: { emailAddress: 'a@example.com' }, connection: { host: '127.0.0.1', port: 1 } } } } };
      const answers = await Promise.all(
        Array.from({ length: 3 }, () =>
          service.query('mutation ($input: TestConnectionInput!) { testConnection(input: $input) { test { outcome } } }', { input }),
        ),
      );
      const limited = answers.flatMap(({ errors }) => errors);
      expect(limited).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) as unknown } }]);
    } finally {
      await service.stop();
    }
  });

  it('goes to no server of this machine unless that is allowed', async () => {
    const service = await startTestService({ POSTLEDGER_EGRESS_ALLOW_LOOPBACK: 'false' });
    try {
      const { testConnection } = await service.data<{ testConnection: Payload }>(
        `mutation ($input: TestConnectionInput!) { testConnection(input: $input) { ${testFields} } }`,
        {
          input: { draft: { sender: { smtp: { identity: { emailAddress: 'a@example.com' }, connection: { host: '127.0.0.1', port: 1 } } } } },
        },
      );
      expect(testConnection.test?.stages.find(({ outcome }) => outcome === 'FAILED')).toMatchObject({ code: 'EGRESS_DENIED' });
    } finally {
      await service.stop();
    }
  });
});
