import { connectionTester } from '../src/mail/connection-tester.js';
import { Deadline } from '../src/mail/deadline.js';
import { endImapSession, openImapSession } from '../src/mail/imap-session.js';
import type { MailboxSubject, SmtpSubject } from '../src/mail/mail-port.js';
import { roadOf, type MailSettings } from '../src/mail/mail-settings.js';
import { messageSender } from '../src/mail/message-sender.js';
import { endPop3Session, openPop3Session } from '../src/mail/pop3/pop3-session.js';
import { StageRun } from '../src/mail/stage-run.js';
import { SecretValue } from '../src/secret-store/secret-value.js';
import { mailLabMissing, startMailLab, type LabUser, type MailLab } from '../test/mail/lab/mail-lab.js';
import { RawDialogue, saslPlain, smtpReplyEnd } from './raw-dialogue.js';
import { perSecond, times, type Row } from './table.js';

const tests = 40;
const sent = 40;
const fetched = 5_000;
const messageBytes = 2_000;
const largeBytes = 50_000_000;
const never = new AbortController().signal;

/** Connections and mail over TLS to Postfix and Dovecot on this machine, each against the same server spoken to by a bare socket in the same run. */
export async function mailRows(): Promise<readonly Row[]> {
  if (mailLabMissing !== null) return [{ what: 'mail', figure: `not measured: ${mailLabMissing}` }];
  const lab = await startMailLab();
  const settings: MailSettings = { egress: { allowLoopback: true }, additionalRoots: [lab.authority] };
  const { alice, bob, carol } = lab.users;
  return [
    await connectionTests(lab, settings, alice),
    await sending(lab, settings, alice, bob),
    await fetching(lab, settings, bob),
    ...(await retrieving(lab, settings, carol)),
  ];
}

async function connectionTests(lab: MailLab, settings: MailSettings, user: LabUser): Promise<Row> {
  const test = connectionTester(settings);
  const whole = async () => {
    for await (const { outcome, message } of test({ sender: sender(lab, user), receiver: receiver(lab, user), recipient: null }, never))
      if (outcome !== 'PASSED') throw new Error(message);
  };
  const bare = () => Promise.all([rawSubmission(lab, user, user.address, null), rawImap(lab, user)]);
  const [tested, raw] = [await medianMilliseconds(tests, whole), await medianMilliseconds(tests, bare)];
  return {
    what: 'connection test of SMTP and IMAP over TLS, median',
    figure: `${tested.toFixed(1)} ms, ${(tested - raw).toFixed(1)} ms more than the bare dialogues`,
    ratio: times(tested / raw, 'the bare dialogues'),
  };
}

async function sending(lab: MailLab, settings: MailSettings, from: LabUser, to: LabUser): Promise<Row> {
  const send = messageSender(settings);
  const text = ['From: a', 'Subject: b', '', 'c'.repeat(messageBytes)].join('\r\n');
  const own = await medianMilliseconds(sent, async (count) => {
    const result = await send(sender(lab, from), { to: to.address, messageId: `<bench-${count}@lab.test>`, accountId: 'bench' }, never);
    if (result.outcome !== 'PASSED') throw new Error(result.message);
  });
  const raw = await medianMilliseconds(sent, () => rawSubmission(lab, from, to.address, text));
  return {
    what: 'a message by SMTP over TLS, connection and login each time',
    figure: `${own.toFixed(1)} ms`,
    ratio: times(own / raw, 'the bare dialogue'),
  };
}

async function fetching(lab: MailLab, settings: MailSettings, user: LabUser): Promise<Row> {
  await fill(lab, user, 'Bench', fetched, messageBytes);
  const deadline = new Deadline(120_000, never);
  const session = await openImapSession(receiver(lab, user), new StageRun('RECEIVER', [], lab.ports.imaps, [], () => undefined), roadOf(settings), deadline);
  await session.mailboxOpen('Bench', { readOnly: true });
  const own = await elapsed(async () => {
    let messages = 0;
    for await (const { source } of session.fetch('1:*', { source: true })) if (source) messages++;
    if (messages !== fetched) throw new Error(`${messages} messages in place of ${fetched}`);
  });
  await endImapSession(session, deadline);
  deadline.end();
  const dialogue = await rawLogin(lab, user);
  await dialogue.ask('e EXAMINE Bench', /^e OK .*\r\n$/m);
  const raw = await elapsed(() => dialogue.ask('f FETCH 1:* (UID BODY.PEEK[])', /^f OK .*\r\n$/m));
  dialogue.close();
  return {
    what: `IMAP: ${fetched.toLocaleString('en')} messages of 2 KB over TLS`,
    figure: perSecond(fetched / own),
    ratio: times(raw / own, 'the bare dialogue'),
  };
}

/** Filled by APPENDs of many messages each (RFC 3502, 7888). */
async function fill(lab: MailLab, user: LabUser, mailbox: string, messages: number, bytes: number): Promise<void> {
  const dialogue = await rawLogin(lab, user);
  await dialogue.ask(`c CREATE ${mailbox}`, /^c (?:OK|NO) .*\r\n$/m);
  const text = `From: a@lab.test\r\nSubject: b\r\n\r\n${`${'c'.repeat(76)}\r\n`.repeat(Math.ceil(bytes / 78))}`;
  const batch = Math.min(100, messages);
  for (let from = 0; from < messages; from += batch)
    await dialogue.ask(`a APPEND ${mailbox}${` {${text.length}+}\r\n${text}`.repeat(batch)}`, /^a OK .*\r\n$/m);
  dialogue.close();
}

async function retrieving(lab: MailLab, settings: MailSettings, user: LabUser): Promise<readonly Row[]> {
  await fill(lab, user, 'INBOX', fetched, messageBytes);
  const deadline = new Deadline(120_000, never);
  const session = () =>
    openPop3Session(pop3Receiver(lab, user), new StageRun('RECEIVER', [], lab.ports.pop3s, [], () => undefined), roadOf(settings), deadline);
  const client = await session();
  const numbers = (await client.list()).map(({ number }) => number);
  const own = await elapsed(async () => {
    let messages = 0;
    for await (const { message } of client.retrieveAll(numbers, 1_000_000)) if (message.length > messageBytes) messages++;
    if (messages !== numbers.length) throw new Error(`${messages} messages in place of ${numbers.length}`);
  });
  await endPop3Session(client, deadline);

  const dialogue = await RawDialogue.open(lab.ports.pop3s, lab.authority);
  await dialogue.until(/^\+OK .*\r\n$/m);
  await dialogue.ask(`USER ${user.address}`, /^\+OK.*\r\n$/m);
  await dialogue.ask(`PASS ${user.password}`, /^\+OK.*\r\n$/m);
  const commands = numbers.map((number) => `RETR ${number}`);
  const raw = await elapsed(() => dialogue.ask([...commands, 'NOOP'].join('\r\n'), /^\+OK\r\n$/m));
  dialogue.close();

  await fill(lab, user, 'INBOX', 1, largeBytes);
  const large = await session();
  const largest = (await large.list()).reduce((one, other) => (other.size > one.size ? other : one));
  const before = process.memoryUsage().rss;
  let grown = 0;
  let bytes = 0;
  const took = await elapsed(async () => {
    for await (const chunk of large.retrieve(largest.number, 2 * largeBytes)) {
      bytes += chunk.length;
      grown = Math.max(grown, process.memoryUsage.rss() - before);
    }
  });
  await endPop3Session(large, deadline);
  deadline.end();
  const rate = numbers.length / own;
  return [
    {
      what: `POP3: ${fetched.toLocaleString('en')} messages of 2 KB over TLS, pipelined`,
      figure: perSecond(rate),
      ratio: times(raw / own, 'the bare dialogue'),
      goal: '≥ 8,000/s',
      met: rate >= 8_000,
    },
    {
      what: 'POP3: a message of 50 MB over TLS, streamed',
      figure: `${took.toFixed(2)} s, ${Math.round(bytes / 1e6)} MB read, memory grew by ${Math.round(grown / 2 ** 20)} MiB at most`,
    },
  ];
}

/** As a sender's test does it, or, with a text, as a message goes out. */
async function rawSubmission(lab: MailLab, user: LabUser, to: string, text: string | null): Promise<void> {
  const smtp = await RawDialogue.open(lab.ports.smtps, lab.authority);
  await smtp.until(smtpReplyEnd);
  await smtp.ask('EHLO localhost', smtpReplyEnd);
  await smtp.ask(`AUTH PLAIN ${saslPlain(user.address, user.password)}`, smtpReplyEnd);
  await smtp.ask(`MAIL FROM:<${user.address}>`, smtpReplyEnd);
  await smtp.ask(`RCPT TO:<${to}>`, smtpReplyEnd);
  if (text === null) await smtp.ask('RSET', smtpReplyEnd);
  else {
    await smtp.ask('DATA', smtpReplyEnd);
    await smtp.ask(`${text}\r\n.`, smtpReplyEnd);
  }
  await smtp.ask('QUIT', smtpReplyEnd);
  smtp.close();
}

async function rawImap(lab: MailLab, user: LabUser): Promise<void> {
  const imap = await rawLogin(lab, user);
  await imap.ask('e EXAMINE INBOX', /^e OK .*\r\n$/m);
  await imap.ask('o LOGOUT', /^o OK .*\r\n$/m);
  imap.close();
}

async function rawLogin(lab: MailLab, user: LabUser): Promise<RawDialogue> {
  const imap = await RawDialogue.open(lab.ports.imaps, lab.authority);
  await imap.until(/^\* OK .*\r\n$/m);
  await imap.ask(`l LOGIN ${user.address} "${user.password}"`, /^l OK .*\r\n$/m);
  return imap;
}

function sender(lab: MailLab, user: LabUser): SmtpSubject {
  return {
    settings: {
      kind: 'smtp',
      identity: { emailAddress: user.address, displayName: null, userId: user.address, replyTo: null },
      connection: { ...connection(lab.ports.smtps), useSmtps: true },
      password: null,
    },
    credentials: credentials(user),
    trust: null,
  };
}

function pop3Receiver(lab: MailLab, user: LabUser): MailboxSubject {
  const { settings, ...subject } = receiver(lab, user);
  return { ...subject, settings: { ...settings, kind: 'pop3', mailbox: null, connection: { ...connection(lab.ports.pop3s), useTls: true } } };
}

function receiver(lab: MailLab, user: LabUser): MailboxSubject {
  return {
    settings: {
      kind: 'imap',
      identity: { useSenderCredentials: false, userId: user.address },
      connection: { ...connection(lab.ports.imaps), useTls: true },
      mailbox: 'INBOX',
      password: null,
    },
    credentials: credentials(user),
    trust: null,
  };
}

function connection(port: number) {
  return { host: '127.0.0.1', port, startTls: 'DISABLED', minimumTlsVersion: 'TLS_1_2', truststore: null, authenticationProfile: null } as const;
}

function credentials({ address, password }: LabUser) {
  return { kind: 'password', userId: address, password: new SecretValue(password) } as const;
}

/** One after the other; the first three, in which code is compiled, do not count. */
async function medianMilliseconds(times: number, work: (count: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let count = -3; count < times; count++) {
    const seconds = await elapsed(() => work(count));
    if (count >= 0) taken.push(seconds * 1000);
  }
  return taken.sort((one, other) => one - other)[Math.floor(taken.length / 2)] ?? 0;
}

/** In seconds. */
async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
