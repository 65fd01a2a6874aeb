import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Deadline } from '../../../src/mail/deadline.js';
import { ConnectionFailure } from '../../../src/mail/failure.js';
import { Pop3Client } from '../../../src/mail/pop3/pop3-client.js';
import { Pop3Refusal } from '../../../src/mail/pop3/pop3-connection.js';
import { SecretValue } from '../../../src/secret-store/secret-value.js';
import { closeFakeServers, fakeServer, pop3Server, type FakeServer } from '../lab/fake-server.js';

afterEach(closeFakeServers);

async function clientOf({ port }: FakeServer, milliseconds = 10_000): Promise<Pop3Client> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  const deadline = new Deadline(milliseconds, new AbortController().signal);
  onTestFinished(() => {
    socket.destroy();
    deadline.end();
  });
  return Pop3Client.on(socket, deadline);
}

async function all(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read);
}

const failing = (code: string) => expect.objectContaining({ name: 'ConnectionFailure', code }) as unknown;
const saying = (text: string) => (socket: Socket) => void socket.write(text);

describe('a POP3 session', () => {
  it('asks what the server can do, and reads lists', async () => {
    const client = await clientOf(await pop3Server({ offers: ['USER', 'SASL PLAIN XOAUTH2', 'pipelining'] }));
    expect(client.capability('SASL')).toEqual(['PLAIN', 'XOAUTH2']);
    expect(client.capability('PIPELINING')).toEqual([]);
    expect(client.capability('STLS')).toBe(null);
    expect(await client.stat()).toEqual({ messages: 3, bytes: 4096 });
    expect(await client.list()).toEqual([
      { number: 1, size: 1000 },
      { number: 2, size: 1048 },
      { number: 3, size: 2048 },
    ]);
    expect(await client.uniqueIds()).toEqual([
      { number: 1, uniqueId: 'a' },
      { number: 2, uniqueId: 'b' },
      { number: 3, uniqueId: 'c' },
    ]);
  });

  it('takes a server without CAPA for one that has USER alone', async () => {
    const client = await clientOf(await pop3Server({ answers: { CAPA: '-ERR unknown command' } }));
    expect(client.capability('USER')).toEqual([]);
    expect(client.capability('TOP')).toBe(null);
  });

  it('gives messages in the order they were asked for, several under way', async () => {
    const asked: number[] = [];
    const server = await pop3Server({
      offers: ['PIPELINING'],
      answers: {
        RETR: (socket, line) => {
          asked.push(Number(line.slice(5)));
          // Nothing is answered before four are there: a client that waits for each would wait for ever.
          if (asked.length % 4 === 0) for (const number of asked.splice(0)) socket.write(`+OK\r\nmessage ${number}\r\n..\r\n.\r\n`);
        },
      },
    });
    const client = await clientOf(server);
    const read: string[] = [];
    for await (const { number, message } of client.retrieveAll([1, 2, 3, 4, 5, 6, 7, 8], 1_000)) read.push(`${number}: ${message.toString()}`);
    expect(read).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((number) => `${number}: message ${number}\r\n.\r\n`));
  });

  it('asks one at a time where the server does not say that it takes several', async () => {
    let underway = 0;
    let most = 0;
    const server = await pop3Server({
      answers: {
        RETR: (socket, line) => {
          most = Math.max(most, ++underway);
          setTimeout(() => {
            underway--;
            socket.write(`+OK\r\n${line}\r\n.\r\n`);
          }, 5);
        },
      },
    });
    const client = await clientOf(server);
    const read: number[] = [];
    for await (const { number } of client.retrieveAll([1, 2, 3, 4], 1_000)) read.push(number);
    expect([read, most]).toEqual([[1, 2, 3, 4], 1]);
  });

  it('goes on after a message that is not there', async () => {
    const server = await pop3Server({ offers: ['PIPELINING'], answers: { 'RETR 2': '-ERR no such message', RETR: '+OK\r\nhere\r\n.' } });
    const client = await clientOf(server);
    const retrieving = client.retrieveAll([1, 2, 3], 1_000);
    expect((await retrieving.next()).value).toMatchObject({ number: 1 });
    await expect(retrieving.next()).rejects.toThrow(Pop3Refusal);
    expect(await client.stat()).toEqual({ messages: 3, bytes: 4096 });
  });

  it('gives headers in the order they were asked for', async () => {
    const server = await pop3Server({
      offers: ['PIPELINING'],
      answers: { TOP: (socket, line) => void socket.write(`+OK\r\nSubject: ${line.split(' ')[1]}\r\n\r\n.\r\n`) },
    });
    const read: string[] = [];
    for await (const { message } of (await clientOf(server)).topAll([2, 1, 3], 0, 1_000)) read.push(message.toString());
    expect(read).toEqual([2, 1, 3].map((number) => `Subject: ${number}\r\n\r\n`));
    expect(server.received()).toContain('TOP 2 0\r\nTOP 1 0\r\nTOP 3 0\r\n');
  });

  it('is asked nothing else while a message is being read, for who waits for that would not read on', async () => {
    const client = await clientOf(await pop3Server({ answers: { RETR: '+OK\r\nhere\r\n.' } }));
    for await (const chunk of client.retrieve(1, 1_000)) {
      expect(chunk.toString()).toBe('here\r\n');
      await expect(client.noop()).rejects.toThrow(RangeError);
    }
    expect(await client.stat()).toEqual({ messages: 3, bytes: 4096 });
  });

  it('goes on after a message that is refused, also where it was to be streamed', async () => {
    const client = await clientOf(await pop3Server({ answers: { RETR: '-ERR no such message' } }));
    await expect(all(client.retrieve(9, 1_000))).rejects.toThrow(Pop3Refusal);
    expect(await client.stat()).toEqual({ messages: 3, bytes: 4096 });
  });

  it('ends when a message is not read to its end', async () => {
    const server = await pop3Server({ answers: { RETR: (socket) => void socket.write('+OK\r\nhalf a message') } });
    const client = await clientOf(server);
    for await (const chunk of client.retrieve(1, 1_000)) {
      expect(chunk.toString()).toBe('half a message');
      break;
    }
    expect(client.isLost).toBe(true);
    await server.allClosed();
  });

  it('makes the server wait while a large message is read slowly', async () => {
    const line = `${'x'.repeat(998)}\r\n`;
    const server = { written: 0, ahead: 0 };
    const { port } = await fakeServer((socket) => {
      socket.write('+OK\r\n');
      socket.on('data', (data) => {
        if (data.toString().startsWith('CAPA')) return socket.write('-ERR\r\n');
        socket.write('+OK\r\n');
        const write = () => {
          while (server.written < 64_000 * line.length) {
            server.written += line.length;
            if (socket.write(line)) continue;
            return socket.once('drain', write);
          }
          return socket.write('.\r\n');
        };
        return write();
      });
    });
    const client = await clientOf({ port } as FakeServer, 60_000);
    let bytes = 0;
    for await (const chunk of client.retrieve(1, 100_000_000)) {
      bytes += chunk.length;
      // Nobody reads on before the server comes no further.
      if (bytes === chunk.length) {
        for (let before = -1; before !== server.written; await delay(50)) before = server.written;
        server.ahead = server.written;
      }
    }
    expect(bytes).toBe(64_000 * line.length);
    // What both kernels hold, and a megabyte of ours: far from the 64 of the message.
    expect(server.ahead).toBeLessThan(32_000_000);
  });

  it('reads no more than it was told to', async () => {
    const server = await pop3Server({ answers: { RETR: (socket) => void socket.write(`+OK\r\n${'x'.repeat(5_000)}\r\n.\r\n`) } });
    await expect(all((await clientOf(server)).retrieve(1, 4_000))).rejects.toEqual(failing('PROTOCOL_ERROR'));
    await expect((await clientOf(server)).retrieveAll([1], 4_000).next()).rejects.toEqual(failing('PROTOCOL_ERROR'));
  });

  it('never puts more than one line into a command', async () => {
    const server = await pop3Server();
    const client = await clientOf(server);
    await expect(client.logIn('alice\r\nDELE 1', new SecretValue('x'))).rejects.toThrow(TypeError);
    await expect(client.logIn('alice', new SecretValue('x\r\nDELE 1'))).rejects.toThrow(TypeError);
    expect(server.received()).not.toContain('DELE');
  });

  it('tells a refusal by its verb, and not by what was sent', async () => {
    const client = await clientOf(await pop3Server({ answers: { PASS: '-ERR [AUTH] no' } }));
    const refused = await client.logIn('alice', new SecretValue('hunter-2')).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Pop3Refusal);
    expect(JSON.stringify({ ...Object(refused), message: String(refused) })).not.toContain('hunter');
  });
});

describe('a hostile or broken POP3 server', () => {
  it.each<[string, string]>([
    ['a line without end', `+OK ${'x'.repeat(20_000)}`],
    ['another protocol', '220 smtp ready\r\n'],
    ['an answer to nothing', '+OK ready\r\n+OK and more\r\n+OK and more\r\n'],
  ])('%s', async (_, greeting) => {
    const server = await fakeServer(saying(greeting));
    await expect(clientOf(server)).rejects.toEqual(failing('PROTOCOL_ERROR'));
  });

  it.each<[string, string, (client: Pop3Client) => Promise<unknown>]>([
    ['no numbers', '+OK', (client) => client.stat()],
    ['a list of something else', '+OK\r\n1 1000\r\ntwo 1000\r\n.', (client) => client.list()],
    ['a number that is none', '+OK\r\n0 1000\r\n.', (client) => client.list()],
    ['a message without a unique id', '+OK\r\n1 a\r\n2\r\n.', (client) => client.uniqueIds()],
    ['a unique id of two words', '+OK\r\n1 a b\r\n.', (client) => client.uniqueIds()],
  ])('%s: it is an error, and no message is left out', async (_, answer, ask) => {
    const client = await clientOf(await pop3Server({ answers: { STAT: answer, LIST: answer, UIDL: answer } }));
    await expect(ask(client)).rejects.toEqual(failing('PROTOCOL_ERROR'));
  });

  it('an end that is none: a bare LF or CR before the dot', async () => {
    const server = await pop3Server({ answers: { RETR: '+OK\r\na\n.\r\n+OK fooled\r\n-ERR\r.\r\nb\r\n.' } });
    const client = await clientOf(server);
    expect((await all(client.retrieve(1, 1_000))).toString()).toBe('a\n.\r\n+OK fooled\r\n-ERR\r.\r\nb\r\n');
    expect(await client.stat()).toEqual({ messages: 3, bytes: 4096 });
  });

  it('a message byte by byte, read slowly: it comes as it was', async () => {
    const text = '.a\r\n'.repeat(300);
    const server = await pop3Server({
      answers: {
        RETR: (socket) => {
          socket.setNoDelay(true);
          for (const byte of Buffer.from(`+OK\r\n${text.replace(/^\./gm, '..')}.\r\n`)) socket.write(Buffer.from([byte]));
        },
      },
    });
    expect((await all((await clientOf(server)).retrieve(1, 10_000))).toString()).toBe(text);
    const retrieved = await (await clientOf(server)).retrieveAll([1], 10_000).next();
    expect(retrieved.value?.message.toString()).toBe(text);
  });

  it('a login that never ends', async () => {
    const server = await pop3Server({ answers: { AUTH: (socket) => void socket.write('+ \r\n'.repeat(1_000)) } });
    await expect((await clientOf(server)).authenticate('PLAIN', Buffer.from('x'))).rejects.toEqual(failing('PROTOCOL_ERROR'));
    await server.allClosed();
    expect(server.received().length).toBeLessThan(100);
  });

  it('a list without end', async () => {
    const server = await pop3Server({
      answers: {
        CAPA: (socket) => {
          socket.write('+OK\r\n');
          const more = () => {
            while (!socket.destroyed && socket.write('X\r\n'.repeat(1_000)));
            socket.once('drain', more);
          };
          more();
        },
      },
    });
    await expect(clientOf(server)).rejects.toEqual(failing('PROTOCOL_ERROR'));
    await server.allClosed();
  });

  it.each<[string, (socket: Socket) => void]>([
    ['closes', (socket) => socket.end('+OK\r\nhalf a message')],
    ['resets', (socket) => socket.write('+OK\r\nhalf a message', () => socket.resetAndDestroy())],
  ])('%s in the middle of a message: it is never taken for a whole one', async (_, cut) => {
    const server = await pop3Server({ answers: { RETR: cut } });
    await expect(all((await clientOf(server)).retrieve(1, 1_000))).rejects.toEqual(failing('CONNECTION_CLOSED'));
    const pending = (await clientOf(server)).retrieveAll([1, 2], 1_000).next();
    await expect(pending).rejects.toEqual(failing('CONNECTION_CLOSED'));
  });

  it('that says nothing ends with the deadline', async () => {
    const server = await pop3Server({ answers: { STAT: '' } });
    const client = await clientOf(server, 200);
    await expect(client.stat()).rejects.toThrow(ConnectionFailure);
  });

  it('that asks on in a login gets nothing that it was not meant to', async () => {
    const server = await pop3Server({ answers: { 'AUTH XOAUTH2': '+ ', DXNLCJ: '+ eyJzdGF0dXMiOiI0MDAifQ==', '': '-ERR [AUTH] no' } });
    const client = await clientOf(server);
    await expect(client.authenticate('XOAUTH2', Buffer.from('user=alice\u0001auth=Bearer x\u0001\u0001'))).rejects.toThrow(Pop3Refusal);
    expect(
      server
        .received()
        .split('\r\n')
        .filter((line) => line.startsWith('dXNlcj')),
    ).toHaveLength(1);
  });
});
