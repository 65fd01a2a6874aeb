import type { ConnectionTestStageName } from '../domain/email-account/connection-test.js';
import { Deadline } from './deadline.js';
import { imapEndpoint, smtpEndpoint, type Endpoint } from './endpoint.js';
import { checkEnvelope } from './envelope-check.js';
import { graphRun, testGraphReceiver, testGraphSender } from './graph/test-graph.js';
import { endImapSession, examineMailbox, openImapSession } from './imap-session.js';
import { roadOf, type MailSettings, type Road } from './mail-settings.js';
import { passwordsIn } from './credentials.js';
import type { Credentials, MailboxSubject, ReceiverSubject, SenderSubject, SmtpSubject, TestMail } from './mail-port.js';
import { endPop3Session, examinePop3Mailbox, openPop3Session } from './pop3/pop3-session.js';
import { openSmtpSession } from './smtp-session.js';
import { StageFailed, StageRun } from './stage-run.js';
import { StageStream } from './stage-stream.js';

/**
 * Tests connections by the code that uses them. Sender and receiver are tested side by side within one deadline; the stages of each come in order.
 * Whatever ends the test (its end, its deadline, its caller, a reader that stops reading) closes every connection.
 */
export function connectionTester(settings: MailSettings): TestMail {
  const road = roadOf(settings);
  return async function* test({ sender, receiver, recipient }, signal) {
    const deadline = new Deadline(road.deadlineMilliseconds, signal);
    const stages = new StageStream();
    const both = Promise.all([sender && testSender(sender, recipient, stages, road, deadline), receiver && testReceiver(receiver, stages, road, deadline)]);
    const ended = both.then(
      () => stages.end(null),
      (fault: unknown) => stages.end(fault instanceof Error ? fault : new Error(String(fault))),
    );
    try {
      yield* stages;
    } finally {
      deadline.end();
      await ended;
    }
  };
}

/** Takes the stages of one direction; what cannot be reached is reported as skipped. Throws nothing but faults of the program. */
async function inStages(run: StageRun, work: (run: StageRun) => Promise<void>): Promise<void> {
  try {
    await work(run);
  } catch (error) {
    if (!(error instanceof StageFailed)) throw error;
    run.skipRest();
  }
  await run.end();
}

function testSender(sender: SenderSubject, recipient: string | null, stages: StageStream, road: Road, deadline: Deadline): Promise<void> {
  if (!isSmtp(sender)) return inStages(graphRun('SENDER', sender, road, stages), (run) => testGraphSender(sender, run, road, deadline));
  return inStages(senderRun(sender, stages), (run) => testSmtp(sender, recipient, run, road, deadline));
}

function testReceiver(receiver: ReceiverSubject, stages: StageStream, road: Road, deadline: Deadline): Promise<void> {
  if (!isMailbox(receiver)) return inStages(graphRun('RECEIVER', receiver, road, stages), (run) => testGraphReceiver(receiver, run, road, deadline));
  return inStages(receiverRun(receiver, stages), (run) =>
    receiver.settings.kind === 'pop3' ? testPop3(receiver, run, road, deadline) : testImap(receiver, run, road, deadline),
  );
}

function isSmtp(sender: SenderSubject): sender is SmtpSubject {
  return sender.settings.kind === 'smtp';
}

function isMailbox(receiver: ReceiverSubject): receiver is MailboxSubject {
  return receiver.settings.kind !== 'microsoftGraph';
}

async function testSmtp(sender: SmtpSubject, recipient: string | null, run: StageRun, road: Road, deadline: Deadline): Promise<void> {
  const session = await openSmtpSession(sender, run, road, deadline);
  try {
    await checkEnvelope(session, sender.settings, recipient ?? sender.settings.identity.emailAddress, run);
  } finally {
    await session.end();
  }
}

async function testImap(receiver: MailboxSubject, run: StageRun, road: Road, deadline: Deadline): Promise<void> {
  const client = await openImapSession(receiver, run, road, deadline);
  try {
    await examineMailbox(client, receiver.settings.mailbox ?? 'INBOX', run, deadline);
  } finally {
    await endImapSession(client, deadline);
  }
}

async function testPop3(receiver: MailboxSubject, run: StageRun, road: Road, deadline: Deadline): Promise<void> {
  const client = await openPop3Session(receiver, run, road, deadline);
  try {
    await examinePop3Mailbox(client, run);
  } finally {
    await endPop3Session(client, deadline);
  }
}

function senderRun({ settings: { connection }, credentials, trust }: SmtpSubject, stages: StageStream): StageRun {
  const plan = [...waysIn(smtpEndpoint(connection, trust), credentials), 'SENDER', 'RECIPIENT'] as const;
  return new StageRun('SENDER', plan, connection.port, passwordsIn(credentials), (stage) => stages.push(stage), true);
}

function receiverRun({ settings: { connection }, credentials, trust }: MailboxSubject, stages: StageStream): StageRun {
  const plan = [...waysIn(imapEndpoint(connection, trust), credentials), 'MAILBOX'] as const;
  return new StageRun('RECEIVER', plan, connection.port, passwordsIn(credentials), (stage) => stages.push(stage), true);
}

/** The stages up to being logged in. */
function waysIn({ security }: Endpoint, credentials: Credentials | null): readonly ConnectionTestStageName[] {
  const login = credentials?.kind === 'oauth' ? (['TOKEN', 'AUTHENTICATION'] as const) : (['AUTHENTICATION'] as const);
  switch (security) {
    case 'IMPLICIT':
      return ['DNS', 'CONNECT', 'TLS', 'GREETING', ...login];
    case 'REQUIRED':
    case 'OPPORTUNISTIC':
      return ['DNS', 'CONNECT', 'GREETING', 'STARTTLS', ...login];
    case 'DISABLED':
      return ['DNS', 'CONNECT', 'GREETING', ...login];
  }
}
