import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RoundTripResult } from '../../../src/domain/email-account/round-trip.js';
import { Deadline } from '../../../src/mail/deadline.js';
import { endImapSession, openImapSession } from '../../../src/mail/imap-session.js';
import { roadOf, type MailSettings } from '../../../src/mail/mail-settings.js';
import type { MailboxSubject, SendingResult, SendMail } from '../../../src/mail/mail-port.js';
import { messageSender } from '../../../src/mail/message-sender.js';
import { roundTripVerifier } from '../../../src/mail/round-trip/round-trip-verifier.js';
import { StageRun } from '../../../src/mail/stage-run.js';
import { SecretValue } from '../../../src/secret-store/secret-value.js';
import { canary, loopback, receiver, sender } from '../accounts.js';
import { closeFakeServers, imapServer } from '../lab/fake-server.js';
import { startMailLab, withMailLab, type MailLab } from '../lab/mail-lab.js';

const never = new AbortController().signal;
let count = 0;
const message = (to: string) => ({ to, messageId: `<trip-${process.pid}-${Date.now()}-${count++}@lab.test>`, accountId: 'orders' });
const shortly = ({ stages }: RoundTripResult) => stages.map(({ stage, outcome, code }) => `${stage} ${outcome} ${code}`);
const taken: SendingResult = { outcome: 'PASSED', code: 'OK', message: 'Taken.', hint: null, serverResponse: '250 ok' };

afterEach(closeFakeServers);

describe.runIf(withMailLab)('a round trip over Postfix and Dovecot', () => {
  let lab: MailLab;
  let settings: MailSettings;
  beforeAll(async () => {
    lab = await startMailLab();
    settings = { egress: { allowLoopback: true }, additionalRoots: [lab.authority] };
  });
  const from = (password = lab.users.alice.password) => sender({ port: lab.ports.submission, security: 'REQUIRED', password });
  const into = (mailbox = 'INBOX', password = lab.users.bob.password): MailboxSubject => ({
    ...receiver({ port: lab.ports.imaps, security: 'IMPLICIT', mailbox }),
    credentials: { kind: 'password', userId: lab.users.bob.address, password: new SecretValue(password) },
  });
  const verify = (sending = from(), receiving = into(), sendMail: SendMail = messageSender(settings), seconds = 15) => {
    const text = message(lab.users.bob.address);
    return roundTripVerifier(settings, sendMail)({ sender: sending, receiver: receiving }, text, seconds * 1000, never);
  };

  const idsInInbox = async () => {
    const deadline = new Deadline(15_000, never);
    const client = await openImapSession(into(), new StageRun('RECEIVER', [], lab.ports.imaps, [], () => undefined), roadOf(settings), deadline);
    await client.mailboxOpen('INBOX', { readOnly: true });
    const all = await client.fetchAll('1:*', { envelope: true });
    await endImapSession(client, deadline);
    deadline.end();
    return all.map(({ envelope }) => envelope?.messageId);
  };

  it('sends, finds, reads and removes one message', async () => {
    const sent: string[] = [];
    const result = await verify(from(), into(), (subject, text, signal) => {
      sent.push(text.messageId);
      return messageSender(settings)(subject, text, signal);
    });
    expect(sent).toHaveLength(1);
    expect(await idsInInbox()).not.toContain(sent[0]);
    expect(shortly(result)).toEqual(['SENT PASSED OK', 'ARRIVED PASSED OK', 'READ PASSED OK', 'REMOVED PASSED OK']);
    expect(result.outcome).toBe('PASSED');
  });

  it('does the same over POP3', async () => {
    const pop3: MailboxSubject = { ...receiver({ kind: 'pop3', port: lab.ports.pop3s, security: 'IMPLICIT' }), credentials: into().credentials };
    const sent: string[] = [];
    const result = await verify(from(), pop3, (subject, text, signal) => {
      sent.push(text.messageId);
      return messageSender(settings)(subject, text, signal);
    });
    expect(shortly(result)).toEqual(['SENT PASSED OK', 'ARRIVED PASSED OK', 'READ PASSED OK', 'REMOVED PASSED OK']);
    expect(await idsInInbox()).not.toContain(sent[0]);
  });

  it('leaves the messages of others where they are', async () => {
    const other = message(lab.users.bob.address);
    const send = messageSender(settings);
    // It arrives first.
    const both: SendMail = async (subject, text, signal) => {
      await send(subject, other, signal);
      return send(subject, text, signal);
    };
    expect((await verify(from(), into(), both)).outcome).toBe('PASSED');
    expect(await idsInInbox()).toContain(other.messageId);
  });

  it('stops where the sender is refused', async () => {
    expect(shortly(await verify(from('wrong')))).toEqual([
      'SENT FAILED AUTHENTICATION_FAILED',
      'ARRIVED SKIPPED UNKNOWN',
      'READ SKIPPED UNKNOWN',
      'REMOVED SKIPPED UNKNOWN',
    ]);
  });

  it.each([
    ['a wrong password', () => into('INBOX', 'wrong'), 'AUTHENTICATION_FAILED'],
    ['no such mailbox', () => into('Nowhere'), 'MAILBOX_NOT_FOUND'],
  ])('sends nothing into a mailbox that it cannot open: %s', async (_, receiving, code) => {
    const sent: string[] = [];
    const result = await verify(from(), receiving(), (_sender, { messageId }) => {
      sent.push(messageId);
      return Promise.resolve(taken);
    });
    expect(sent).toEqual([]);
    expect(shortly(result)).toEqual(['SENT SKIPPED UNKNOWN', `ARRIVED FAILED ${code}`, 'READ SKIPPED UNKNOWN', 'REMOVED SKIPPED UNKNOWN']);
    expect(result.outcome).toBe('FAILED');
  });

  it('says so when the message does not come in time', async () => {
    const result = await verify(from(), into(), () => Promise.resolve(taken), 1);
    expect(shortly(result)).toEqual(['SENT PASSED OK', 'ARRIVED FAILED TIMEOUT', 'READ SKIPPED UNKNOWN', 'REMOVED SKIPPED UNKNOWN']);
    expect(result.stages[1]?.message).toContain('1 s later it had not arrived in INBOX of 127.0.0.1');
  });
});

describe('a round trip over a server that is not all there', () => {
  const text = message('bob@lab.test');
  const listed = `* 1 FETCH (UID 7 RFC822.SIZE 1000 ENVELOPE (NIL "s" NIL NIL NIL NIL NIL NIL NIL "${text.messageId}"))\r\n\${tag} OK done`;
  const selected = '* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 7] ok\r\n${tag} OK [READ-WRITE] done';
  const verify = async (answers: Readonly<Record<string, string>>, signal = never) => {
    const server = await imapServer({ answers: { SELECT: selected, NOOP: '${tag} OK done', ...answers } });
    const subject = { sender: sender({ port: 1 }), receiver: receiver({ port: server.port }) };
    return { result: await roundTripVerifier(loopback, () => Promise.resolve(taken))(subject, text, 2_000, signal), server };
  };

  it('marks the message where removing would expunge what others have marked', async () => {
    const body = `Message-ID: ${text.messageId}\r\n\r\nhello\r\n`;
    const { result, server } = await verify({
      'UID FETCH 7 ': `* 1 FETCH (UID 7 BODY[]<0> {${body.length}}\r\n${body})\r\n\${tag} OK done`,
      'UID FETCH 7:': listed,
      'UID STORE': '* 1 FETCH (UID 7 FLAGS (\\Deleted))\r\n${tag} OK done',
    });
    expect(shortly(result)).toEqual(['SENT PASSED OK', 'ARRIVED PASSED OK', 'READ PASSED OK', 'REMOVED WARNED OK']);
    expect(server.received()).not.toContain('EXPUNGE');
    expect(result.outcome).toBe('PASSED');
  });

  it('never takes another message for the one that was sent', async () => {
    const body = 'Message-ID: <another@lab.test>\r\n\r\nhello\r\n';
    const { result } = await verify({ 'UID FETCH 7 ': `* 1 FETCH (UID 7 BODY[]<0> {${body.length}}\r\n${body})\r\n\${tag} OK done`, 'UID FETCH 7:': listed });
    expect(shortly(result).slice(2)).toEqual(['READ FAILED PROTOCOL_ERROR', 'REMOVED SKIPPED UNKNOWN']);
  });

  it('fails the arrival when the connection is lost, and shows no secret that the server says back', async () => {
    const { result } = await verify({ 'UID FETCH': `\${tag} NO ${canary} may not` });
    expect(shortly(result).slice(1)).toEqual(['ARRIVED FAILED PERMISSION_MISSING', 'READ SKIPPED UNKNOWN', 'REMOVED SKIPPED UNKNOWN']);
    expect(JSON.stringify(result)).not.toContain(canary);
  });

  it('ends when its caller goes away', async () => {
    const caller = new AbortController();
    const trip = verify({ 'UID FETCH': '${tag} OK none yet' }, caller.signal);
    setTimeout(() => caller.abort(), 50);
    const { result, server } = await trip;
    expect(result.outcome).toBe('FAILED');
    expect(result.stages.map(({ code }) => code)).toContain('CANCELLED');
    await server.allClosed();
  });
});
