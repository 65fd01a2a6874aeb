import { beforeAll, describe, expect, it } from 'vitest';
import { endImapSession, openImapSession } from '../../src/mail/imap-session.js';
import { Deadline } from '../../src/mail/deadline.js';
import { messageSender } from '../../src/mail/message-sender.js';
import { roadOf, type MailSettings } from '../../src/mail/mail-settings.js';
import { StageRun } from '../../src/mail/stage-run.js';
import { SecretValue } from '../../src/secret-store/secret-value.js';
import { failureIn, receiver, sender, stagesOf, type Security } from './accounts.js';
import { startMailLab, withMailLab, type MailLab } from './lab/mail-lab.js';

const never = new AbortController().signal;

describe.runIf(withMailLab)('Postfix and Dovecot', () => {
  let lab: MailLab;
  let settings: MailSettings;
  beforeAll(async () => {
    lab = await startMailLab();
    settings = { egress: { allowLoopback: true }, additionalRoots: [lab.authority] };
  });

  type Host = keyof MailLab['hosts'];
  const alice = () => ({ password: lab.users.alice.password });
  const sending = (host: Host, security: Security) =>
    sender({ host: lab.hosts[host], port: security === 'IMPLICIT' ? lab.ports.smtps : lab.ports.submission, security, ...alice() });
  const receiving = (host: Host, security: Security) =>
    receiver({ host: lab.hosts[host], port: security === 'IMPLICIT' ? lab.ports.imaps : lab.ports.imap, security, ...alice() });

  it.each<[Host, string]>([
    ['good', 'passed'],
    ['tls12', 'passed'],
    ['expired', 'CERTIFICATE_EXPIRED'],
    ['wrongHost', 'CERTIFICATE_HOSTNAME_MISMATCH'],
    ['untrusted', 'CERTIFICATE_UNTRUSTED'],
    ['oldTls', 'TLS_VERSION_TOO_LOW'],
  ])('%s: SMTP and IMAP, with TLS from the start and by STARTTLS', async (host, code) => {
    for (const [security, stage] of [
      ['IMPLICIT', 'TLS'],
      ['REQUIRED', 'STARTTLS'],
    ] as const) {
      const stages = await stagesOf({ sender: sending(host, security), receiver: receiving(host, security) }, settings);
      for (const direction of ['SENDER', 'RECEIVER'])
        expect(failureIn(stages.filter((each) => each.direction === direction))).toBe(code === 'passed' ? code : `${stage} ${code}`);
    }
  });

  it('speak TLS 1.1 with an account that allows it', async () => {
    const { host, port } = { host: lab.hosts.oldTls, port: lab.ports.imaps };
    const stages = await stagesOf(
      {
        sender: sender({ host, port: lab.ports.submission, security: 'REQUIRED', minimumTlsVersion: 'TLS_1_0', ...alice() }),
        receiver: receiver({ host, port, security: 'IMPLICIT', minimumTlsVersion: 'TLS_1_1', ...alice() }),
      },
      settings,
    );
    expect(failureIn(stages)).toBe('passed');
    expect(stages.flatMap(({ tls }) => tls?.version ?? [])).toEqual(['TLSv1.1', 'TLSv1.1']);
  });

  it('serve an account in clear text that asks for it', async () => {
    const stages = await stagesOf(
      {
        sender: sender({ port: lab.ports.smtp, security: 'OPPORTUNISTIC', password: null }),
        receiver: receiving('good', 'DISABLED'),
        recipient: lab.users.bob.address,
      },
      settings,
    );
    expect(failureIn(stages)).toBe('passed');
    expect(stages.filter(({ outcome }) => outcome === 'WARNED').map(({ stage, code }) => `${stage} ${code}`)).toEqual(['STARTTLS STARTTLS_NOT_OFFERED']);
  });

  it('take no password without TLS, or none at all', async () => {
    const stages = async (port: number) => stagesOf({ sender: sender({ port, security: 'DISABLED', ...alice() }) }, settings);
    expect(failureIn(await stages(lab.ports.submission))).toBe('AUTHENTICATION AUTHENTICATION_NOT_OFFERED');
    expect(failureIn(await stages(lab.ports.smtp))).toBe('AUTHENTICATION AUTHENTICATION_NOT_OFFERED');
  });

  it('refuse a wrong password', async () => {
    const account = { port: lab.ports.smtps, security: 'IMPLICIT', password: 'wrong' } as const;
    const stages = await stagesOf({ sender: sender(account), receiver: receiver({ ...account, port: lab.ports.imaps }) }, settings);
    for (const direction of ['SENDER', 'RECEIVER'])
      expect(failureIn(stages.filter((each) => each.direction === direction))).toBe('AUTHENTICATION AUTHENTICATION_FAILED');
  });

  it("refuse a sender that is not the user's own, a recipient and a mailbox that are not there", async () => {
    const foreign = sender({ port: lab.ports.smtps, security: 'IMPLICIT', address: lab.users.bob.address, ...alice() });
    expect(failureIn(await stagesOf({ sender: foreign }, settings))).toBe('RECIPIENT SENDER_REFUSED');
    expect(failureIn(await stagesOf({ sender: sending('good', 'IMPLICIT'), recipient: 'nobody@lab.test' }, settings))).toBe('RECIPIENT RECIPIENT_REFUSED');
    const missing = receiver({ port: lab.ports.imaps, security: 'IMPLICIT', mailbox: 'No such mailbox', ...alice() });
    expect(failureIn(await stagesOf({ receiver: missing }, settings))).toBe('MAILBOX MAILBOX_NOT_FOUND');
  });

  it('refuse a message for nobody, and a message that is not from the user', async () => {
    const send = messageSender(settings);
    const text = { to: 'nobody@lab.test', messageId: '<refused@lab.test>', accountId: 'orders' };
    expect(await send(sending('good', 'IMPLICIT'), text, never)).toMatchObject({ outcome: 'FAILED', code: 'RECIPIENT_REFUSED' });
    const foreign = sender({ port: lab.ports.smtps, security: 'IMPLICIT', address: lab.users.bob.address, ...alice() });
    expect(await send(foreign, { ...text, to: lab.users.bob.address }, never)).toMatchObject({ outcome: 'FAILED', code: 'SENDER_REFUSED' });
  });

  it('speak another protocol than was asked for', async () => {
    const account = { security: 'DISABLED', ...alice() } as const;
    expect(failureIn(await stagesOf({ sender: sender({ ...account, port: lab.ports.imap }) }, settings))).toBe('GREETING PROTOCOL_ERROR');
    expect(failureIn(await stagesOf({ receiver: receiver({ ...account, port: lab.ports.smtp }) }, settings))).toBe('GREETING PROTOCOL_ERROR');
    expect(failureIn(await stagesOf({ sender: sender({ ...account, port: lab.ports.smtp, security: 'IMPLICIT' }) }, settings))).toBe(
      'TLS TLS_NOT_SPOKEN_ON_PORT',
    );
  });

  it('are all tried where a name has several addresses, and told of where they differ', async () => {
    const addresses = ['127.0.0.9', lab.hosts.good, lab.hosts.expired, lab.hosts.oldTls, '127.0.0.8'];
    const everywhere = { ...settings, resolver: () => Promise.resolve(addresses) };
    const account = { host: 'localhost', ...alice() };
    const told = (stages: Awaited<ReturnType<typeof stagesOf>>, direction: string) =>
      stages
        .filter((stage) => stage.direction === direction && (stage.stage === 'CONNECT' || stage.outcome !== 'PASSED'))
        .map(({ stage, outcome, code, address }) => `${stage} ${outcome} ${code} ${address}`);
    const stages = await stagesOf(
      {
        sender: sender({ ...account, port: lab.ports.submission, security: 'REQUIRED' }),
        receiver: receiver({ ...account, port: lab.ports.imaps, security: 'IMPLICIT' }),
      },
      everywhere,
    );
    expect(failureIn(stages)).toBe('passed');
    const expected = (tls: string) => [
      'CONNECT WARNED CONNECTION_REFUSED 127.0.0.9',
      'CONNECT PASSED OK 127.0.0.1',
      'CONNECT PASSED OK 127.0.0.2',
      `${tls} WARNED CERTIFICATE_EXPIRED 127.0.0.2`,
      'CONNECT PASSED OK 127.0.0.5',
      `${tls} WARNED TLS_VERSION_TOO_LOW 127.0.0.5`,
      'CONNECT WARNED CONNECTION_REFUSED 127.0.0.8',
    ];
    expect(told(stages, 'SENDER')).toEqual(expected('STARTTLS'));
    expect(told(stages, 'RECEIVER')).toEqual(expected('TLS'));
    expect(stages.find(({ code }) => code === 'CERTIFICATE_EXPIRED')?.message).toMatch(/^At another address of localhost: The certificate expired at /);
  });

  it('carry a message from SMTP to IMAP', async () => {
    const messageId = `<round-trip-${process.pid}-${Date.now()}@lab.test>`;
    const result = await messageSender(settings)(sending('good', 'REQUIRED'), { to: lab.users.bob.address, messageId, accountId: 'orders' }, never);
    expect(result).toMatchObject({ outcome: 'PASSED', code: 'OK' });

    const bob = receiver({ port: lab.ports.imaps, security: 'IMPLICIT', password: lab.users.bob.password });
    const deadline = new Deadline(15_000, never);
    const client = await openImapSession(
      { ...bob, credentials: { kind: 'password', userId: lab.users.bob.address, password: new SecretValue(lab.users.bob.password) } },
      new StageRun('RECEIVER', [], lab.ports.imaps, [], () => undefined),
      roadOf(settings),
      deadline,
    );
    try {
      await client.mailboxOpen('INBOX', { readOnly: true });
      let found: number[] | false = false;
      while (!found || found.length === 0) {
        await client.noop();
        found = (await client.search({ header: { 'message-id': messageId } }, { uid: true })) ?? false;
        deadline.throwIfOver();
      }
      const arrived = await client.fetchOne(String(found[0]), { envelope: true }, { uid: true });
      expect(arrived && arrived.envelope).toMatchObject({
        messageId,
        subject: 'Test of the email account orders',
        from: [{ address: lab.users.alice.address, name: 'Alice' }],
      });
    } finally {
      await endImapSession(client, deadline);
      deadline.end();
    }
  });
});
