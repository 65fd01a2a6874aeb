import { connect } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../../../src/mail/deadline.js';
import { roadOf, type MailSettings } from '../../../src/mail/mail-settings.js';
import type { MailboxSubject } from '../../../src/mail/mail-port.js';
import type { Pop3Client } from '../../../src/mail/pop3/pop3-client.js';
import { endPop3Session, openPop3Session } from '../../../src/mail/pop3/pop3-session.js';
import { StageRun } from '../../../src/mail/stage-run.js';
import { SecretValue } from '../../../src/secret-store/secret-value.js';
import { failureIn, receiver, stagesOf, type Security } from '../accounts.js';
import { startMailLab, withMailLab, type MailLab } from '../lab/mail-lab.js';

const never = new AbortController().signal;

describe.runIf(withMailLab)('POP3 with Dovecot', () => {
  let lab: MailLab;
  let settings: MailSettings;
  beforeAll(async () => {
    lab = await startMailLab();
    settings = { egress: { allowLoopback: true }, additionalRoots: [lab.authority] };
  });

  type Host = keyof MailLab['hosts'];
  const account = (host: Host, security: Security, password = lab.users.carol.password): MailboxSubject => ({
    ...receiver({ kind: 'pop3', host: lab.hosts[host], port: security === 'IMPLICIT' ? lab.ports.pop3s : lab.ports.pop3, security }),
    credentials: { kind: 'password', userId: lab.users.carol.address, password: new SecretValue(password) },
  });

  const inSession = async <Answer>(work: (client: Pop3Client) => Promise<Answer>): Promise<Answer> => {
    const deadline = new Deadline(30_000, never);
    const run = new StageRun('RECEIVER', [], lab.ports.pop3s, [], () => undefined);
    const client = await openPop3Session(account('good', 'IMPLICIT'), run, roadOf(settings), deadline);
    try {
      return await work(client);
    } finally {
      if (!client.isLost) await endPop3Session(client, deadline);
      deadline.end();
    }
  };

  /** Puts a message into the mailbox byte for byte, as no mail server on the way would leave it. */
  const deposit = async (message: Buffer): Promise<void> => {
    const socket = connect({ host: lab.hosts.good, port: lab.ports.imaps, ca: [lab.authority] });
    const heard: string[] = [];
    let wake: () => void = () => undefined;
    socket.on('data', (data: Buffer) => {
      heard.push(data.toString('latin1'));
      wake();
    });
    const until = async (pattern: RegExp) => {
      while (!pattern.test(heard.join(''))) await new Promise<void>((resolve) => (wake = resolve));
      heard.length = 0;
    };
    await until(/^\* OK/m);
    socket.write(`a LOGIN ${lab.users.carol.address} "${lab.users.carol.password}"\r\n`);
    await until(/^a OK/m);
    socket.write(`b APPEND INBOX {${message.length}+}\r\n`);
    socket.write(message);
    socket.write('\r\n');
    await until(/^b OK/m);
    socket.destroy();
  };

  it.each<[Host, string]>([
    ['good', 'passed'],
    ['tls12', 'passed'],
    ['expired', 'CERTIFICATE_EXPIRED'],
    ['wrongHost', 'CERTIFICATE_HOSTNAME_MISMATCH'],
    ['untrusted', 'CERTIFICATE_UNTRUSTED'],
    ['oldTls', 'TLS_VERSION_TOO_LOW'],
  ])('says what is the matter with its certificate: %s', async (host, code) => {
    expect(failureIn(await stagesOf({ receiver: account(host, 'IMPLICIT') }, settings))).toBe(code === 'passed' ? code : `TLS ${code}`);
    expect(failureIn(await stagesOf({ receiver: account(host, 'REQUIRED') }, settings))).toBe(code === 'passed' ? code : `STARTTLS ${code}`);
  });

  it('goes through all stages', async () => {
    const stages = await stagesOf({ receiver: account('good', 'REQUIRED') }, settings);
    expect(stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(
      ['DNS', 'CONNECT', 'GREETING', 'STARTTLS', 'AUTHENTICATION', 'MAILBOX'].map((stage) => `${stage} PASSED`),
    );
    expect(stages.at(-1)?.message).toMatch(/^The mailbox has (?:one message|\d+ messages)\.$/);
  });

  it('refuses a wrong password', async () => {
    expect(failureIn(await stagesOf({ receiver: account('good', 'IMPLICIT', 'wrong') }, settings))).toBe('AUTHENTICATION AUTHENTICATION_FAILED');
  });

  it('gives messages byte for byte, by the same unique id in every session, and deletes at the end of a session alone', async () => {
    const messages = [
      'Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n',
      'Subject: no end of line\r\n\r\nlast',
      'Subject: bytes\r\n\r\n\u00e4\u00ff\u0080\r\n',
      `Subject: long\r\n\r\n${'x'.repeat(100_000)}\r\n`,
    ].map((text) => Buffer.from(text, 'latin1'));
    for (const message of messages) await deposit(message);
    const ids = await inSession(async (client) => (await client.uniqueIds()).map(({ uniqueId }) => uniqueId));
    expect(new Set(ids).size).toBe(messages.length);

    const read = await inSession(async (client) => {
      const bodies: Buffer[] = [];
      for await (const { message } of client.retrieveAll([1, 2, 3, 4], 1_000_000)) bodies.push(message);
      return bodies;
    });
    // POP3 has lines, so a message without an end of line gets one.
    expect(read.map((body) => body.toString('latin1'))).toEqual(messages.map((message) => message.toString('latin1').replace(/last$/, 'last\r\n')));
    const streamed = await inSession(async (client) => {
      const chunks: Buffer[] = [];
      for await (const chunk of client.retrieve(4, 1_000_000)) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
    expect(streamed.equals(read[3] ?? Buffer.alloc(0))).toBe(true);
    expect((await inSession((client) => client.top(1, 1, 10_000))).toString('latin1')).toBe('Subject: dots\r\n\r\n.\r\n');

    await inSession(async (client) => {
      await client.delete(1);
      client.close();
    });
    expect(await inSession(async (client) => (await client.uniqueIds()).map(({ uniqueId }) => uniqueId))).toEqual(ids);
    await inSession(async (client) => {
      await client.delete(1);
      await client.delete(2);
      await client.reset();
      await client.delete(3);
      await client.quit();
    });
    expect(await inSession(async (client) => (await client.uniqueIds()).map(({ uniqueId }) => uniqueId))).toEqual(ids.filter((_, index) => index !== 2));
  });
});
