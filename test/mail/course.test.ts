import type { Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import type { ConnectionTestStage } from '../../src/domain/email-account/connection-test.js';
import { failureIn, loopback, receiver, sender, stagesOf, testerFor } from './accounts.js';
import { closeFakeServers, fakeServer, imapServer, smtpServer } from './lab/fake-server.js';

afterAll(closeFakeServers);

const never = new AbortController().signal;

describe('the course of a test', () => {
  it('goes through the stages of both directions, each once and in order', async () => {
    const [smtp, imap] = [await smtpServer(), await imapServer()];
    const stages = await stagesOf({ sender: sender({ port: smtp.port, security: 'OPPORTUNISTIC' }), receiver: receiver({ port: imap.port }) });
    const of = (direction: string) => stages.filter((stage) => stage.direction === direction).map(({ stage }) => stage);
    expect(of('SENDER')).toEqual(['DNS', 'CONNECT', 'GREETING', 'STARTTLS', 'AUTHENTICATION', 'SENDER', 'RECIPIENT']);
    expect(of('RECEIVER')).toEqual(['DNS', 'CONNECT', 'GREETING', 'AUTHENTICATION', 'MAILBOX']);
  });

  it('tells of each stage when it ends, and not at the end of all', async () => {
    const greet: { now: () => void } = { now: () => undefined };
    const { port } = await fakeServer((socket) => {
      greet.now = () => socket.write('554 5.7.1 no\r\n');
    });
    const told: string[] = [];
    for await (const { stage, outcome } of testerFor(loopback)({ sender: sender({ port }), receiver: null, recipient: null }, never)) {
      told.push(`${stage} ${outcome}`);
      // The server goes on once the connection was told of: were stages held back, this would never end.
      if (stage === 'CONNECT') setImmediate(() => greet.now());
    }
    expect(told.slice(0, 3)).toEqual(['DNS PASSED', 'CONNECT PASSED', 'GREETING FAILED']);
  });

  it('reports what was not reached as skipped, with a sentence each', async () => {
    const { port } = await smtpServer({ greeting: '554 no' });
    const stages = await stagesOf({ sender: sender({ port }) });
    const skipped = stages.filter(({ outcome }) => outcome === 'SKIPPED');
    expect(skipped.map(({ stage }) => stage)).toEqual(['AUTHENTICATION', 'SENDER', 'RECIPIENT']);
    for (const { message } of skipped) expect(message).toMatch(/\.$/);
  });

  it('lets one direction fail and the other go on', async () => {
    const [smtp, imap] = [await smtpServer({ greeting: '554 no' }), await imapServer()];
    const stages = await stagesOf({ sender: sender({ port: smtp.port }), receiver: receiver({ port: imap.port }) });
    expect(failureIn(stages.filter(({ direction }) => direction === 'SENDER'))).toBe('GREETING SERVER_REFUSED_SESSION');
    expect(failureIn(stages.filter(({ direction }) => direction === 'RECEIVER'))).toBe('passed');
  });

  it('shows what the server said as one clean line of at most 200 characters', async () => {
    const { port } = await smtpServer({ answers: { RCPT: `550-5.1.1 no\u0007\r\n550 5.1.1 ${'long '.repeat(100)}\u202e` } });
    const said = (await stagesOf({ sender: sender({ port }) })).find(({ stage }) => stage === 'RECIPIENT')?.serverResponse;
    expect(said).toMatch(/^550-5\.1\.1 no 550 5\.1\.1 long long/);
    expect(said).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(said?.length).toBeLessThanOrEqual(200);
  });
});

/** Servers that answer every step but the one at which they fall silent. */
const silentAt: readonly [string, () => Promise<{ readonly subject: object; readonly closed: () => Promise<void> }>][] = [
  ['GREETING', async () => silentSmtp({ greeting: '' })],
  ['AUTHENTICATION', async () => silentSmtp({ answers: { 'AUTH PLAIN': '' } })],
  ['SENDER', async () => silentSmtp({ answers: { MAIL: '' } })],
  ['RECIPIENT', async () => silentSmtp({ answers: { RCPT: '' } })],
  [
    'MAILBOX',
    async () => {
      const { port, allClosed } = await imapServer({ answers: { EXAMINE: '' } });
      return { subject: { receiver: receiver({ port }) }, closed: allClosed };
    },
  ],
];

async function silentSmtp(script: Parameters<typeof smtpServer>[0]) {
  const { port, allClosed } = await smtpServer(script);
  return { subject: { sender: sender({ port }) }, closed: allClosed };
}

describe('the end of a test', () => {
  it.concurrent.each(silentAt)('comes at its deadline, at the stage under way: %s', async (stage, start) => {
    const { subject, closed } = await start();
    expect(failureIn(await stagesOf(subject, { ...loopback, deadlineMilliseconds: 1_000 }))).toBe(`${stage} TIMEOUT`);
    await closed();
  });

  it('comes at the deadline of the whole, however busy the server is', async () => {
    // Each line comes in time, and none is the last.
    const { port, allClosed } = await fakeServer((socket) => {
      const talking = setInterval(() => socket.write('220-wait\r\n'), 10);
      socket.on('close', () => clearInterval(talking));
    });
    expect(failureIn(await stagesOf({ sender: sender({ port }) }, { ...loopback, deadlineMilliseconds: 400 }))).toBe('GREETING TIMEOUT');
    await allClosed();
  });

  it.each(silentAt)('comes when its caller cancels, at the stage under way: %s', async (stage, start) => {
    const { subject, closed } = await start();
    const caller = new AbortController();
    const stages: ConnectionTestStage[] = [];
    const order = ['CONNECT', 'GREETING', 'AUTHENTICATION', 'SENDER', 'RECIPIENT'];
    const before = stage === 'MAILBOX' ? 'AUTHENTICATION' : order[order.indexOf(stage) - 1];
    for await (const ended of testerFor(loopback)({ sender: null, receiver: null, recipient: null, ...subject }, caller.signal)) {
      stages.push(ended);
      if (ended.stage === before) caller.abort();
    }
    expect(failureIn(stages)).toBe(`${stage} CANCELLED`);
    await closed();
  });

  it('comes before it began for a caller that has cancelled already', async () => {
    const { port, connections } = await smtpServer();
    expect(failureIn(await stagesOf({ sender: sender({ port }) }, loopback, AbortSignal.abort()))).toBe('DNS CANCELLED');
    expect(connections()).toBe(0);
  });

  it('comes when nobody reads on, and closes every connection', async () => {
    const { port, allClosed, connections } = await smtpServer({ greeting: '' });
    for await (const { stage } of testerFor(loopback)({ sender: sender({ port }), receiver: null, recipient: null }, never)) if (stage === 'CONNECT') break;
    await allClosed();
    expect(connections()).toBe(1);
  });

  it('closes every connection of a test that passed, also with servers that do not hang up', async () => {
    const [smtp, imap] = [await smtpServer({ answers: { QUIT: '' } }), await imapServer({ answers: { LOGOUT: '' } })];
    expect(failureIn(await stagesOf({ sender: sender({ port: smtp.port }), receiver: receiver({ port: imap.port }) }))).toBe('passed');
    await Promise.all([smtp.allClosed(), imap.allClosed()]);
    expect(smtp.received()).toContain('QUIT');
    expect(imap.received()).toContain('LOGOUT');
  });

  it('is the same with a server that drops everybody', async () => {
    const { port } = await smtpServer({ answers: { RCPT: (socket: Socket) => void socket.resetAndDestroy() } });
    expect(failureIn(await stagesOf({ sender: sender({ port }) }))).toBe('RECIPIENT CONNECTION_CLOSED');
  });
});
