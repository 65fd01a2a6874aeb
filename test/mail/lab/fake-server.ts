import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContextOptions } from 'node:tls';

/** A server that does what no real one will. On 127.0.0.1, on a free port. */
export interface FakeServer {
  readonly port: number;
  /** How many connections there were. */
  readonly connections: () => number;
  /** All that was sent to it, and understood, in the order it came. */
  readonly received: () => string;
  /** Resolves when every connection there was is closed. */
  readonly allClosed: () => Promise<void>;
}

const running = new Set<() => Promise<void>>();

/** Closes all that were started. For after each test. */
export async function closeFakeServers(): Promise<void> {
  for (const close of running) await close();
  running.clear();
}

export type Behaviour = (socket: Socket, server: { readonly heard: (text: string) => void }) => void;

export async function fakeServer(behave: Behaviour): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const closed: Promise<void>[] = [];
  let received = '';
  const server = createServer((socket) => {
    sockets.add(socket);
    closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
    // A client that goes away is what many of these are about.
    socket.on('error', () => socket.destroy());
    behave(socket, { heard: (text) => (received += text) });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.add(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.size,
    received: () => received,
    allClosed: async () => void (await Promise.all(closed)),
  };
}

/** What a scripted server does with a line: says something, or something else to the socket; it may start TLS. */
export type Answer = string | ((socket: Socket, line: string) => void);

export interface Script {
  readonly greeting: Answer;
  /** By the command in capitals; the first that a line begins with. */
  readonly answers: Readonly<Record<string, Answer>>;
  readonly otherwise: (line: string) => string;
  /** TLS from the start. */
  readonly implicit?: SecureContextOptions;
  /** TLS after the command STARTTLS was answered. */
  readonly startTls?: SecureContextOptions;
}

/** A server that answers line by line. `${tag}` in an answer is the command's IMAP tag. */
export function scripted({ greeting, answers, otherwise, implicit, startTls }: Script): Behaviour {
  return (raw, server) => {
    const speak = (socket: Socket, greets: boolean) => {
      socket.on('error', () => socket.destroy());
      let rest = '';
      const onData = (data: Buffer) => {
        const text = data.toString('latin1');
        server.heard(text);
        const lines = (rest + text).split('\r\n');
        rest = lines.pop() ?? '';
        for (const line of lines) answer(socket, line, onData);
      };
      socket.on('data', onData);
      if (greets) say(socket, greeting, '');
    };
    const answer = (socket: Socket, line: string, onData: (data: Buffer) => void) => {
      const [, tag = ''] = /^(\S+) /.exec(line) ?? [];
      const command = line.toUpperCase();
      const [name, found] = Object.entries(answers).find(([verb]) => command.startsWith(verb) || command.startsWith(`${tag.toUpperCase()} ${verb}`)) ?? [
        '',
        otherwise(line),
      ];
      say(socket, typeof found === 'string' ? found.replaceAll('${tag}', tag) : found, line);
      if ((name !== 'STARTTLS' && name !== 'STLS') || startTls === undefined) return;
      socket.off('data', onData);
      speak(asServer(socket, startTls), false);
    };
    if (implicit) speak(asServer(raw, implicit), true);
    else speak(raw, true);
  };
}

function say(socket: Socket, answer: Answer, line: string): void {
  if (typeof answer === 'function') answer(socket, line);
  else if (answer !== '') socket.write(`${answer}\r\n`);
}

function asServer(socket: Socket, options: SecureContextOptions): Socket {
  return new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(options) });
}

type Scripting = Omit<Partial<Script>, 'answers' | 'otherwise'> & { readonly answers?: Readonly<Record<string, Answer>>; readonly offers?: readonly string[] };

/** An SMTP server that takes everything, but for what is said otherwise. */
export function smtpServer({ greeting = '220 fake ESMTP', answers = {}, offers = ['AUTH PLAIN LOGIN'], ...script }: Scripting = {}): Promise<FakeServer> {
  const hello = ['250-fake', ...offers.map((offer) => `250-${offer}`), '250 8BITMIME'].join('\r\n');
  const usual = {
    EHLO: hello,
    STARTTLS: '220 go ahead',
    'AUTH PLAIN': '235 2.7.0 welcome',
    MAIL: '250 2.1.0 ok',
    RCPT: '250 2.1.5 ok',
    RSET: '250 2.0.0 ok',
    DATA: '354 go on',
    QUIT: (socket: Socket) => void socket.end('221 2.0.0 bye\r\n'),
  };
  return fakeServer(scripted({ greeting, answers: { ...usual, ...answers }, otherwise: (line) => (line === '.' ? '250 2.0.0 taken' : ''), ...script }));
}

/** An IMAP server that lets everybody in, but for what is said otherwise. */
export function imapServer({ greeting = '* OK fake', answers = {}, offers = [], ...script }: Scripting = {}): Promise<FakeServer> {
  const usual = {
    CAPABILITY: `* CAPABILITY ${['IMAP4rev1', ...offers].join(' ')}\r\n\${tag} OK done`,
    STARTTLS: '${tag} OK go ahead',
    LOGIN: '${tag} OK welcome',
    LIST: '* LIST () "/" INBOX\r\n${tag} OK done',
    EXAMINE: '* 3 EXISTS\r\n${tag} OK [READ-ONLY] done',
    SELECT: '* 3 EXISTS\r\n* OK [UIDNEXT 4] next\r\n${tag} OK [READ-WRITE] done',
    LOGOUT: (socket: Socket, line: string) => void socket.end(`* BYE bye\r\n${line.split(' ')[0]} OK bye\r\n`),
  };
  const otherwise = (line: string) => `${line.split(' ')[0]} OK done`;
  return fakeServer(scripted({ greeting, answers: { ...usual, ...answers }, otherwise, ...script }));
}

/** A POP3 server that lets everybody in and has three messages, but for what is said otherwise. */
export function pop3Server({ greeting = '+OK fake', answers = {}, offers = ['USER'], ...script }: Scripting = {}): Promise<FakeServer> {
  const usual = {
    CAPA: ['+OK', ...offers, 'UIDL', 'TOP', '.'].join('\r\n'),
    STLS: '+OK go ahead',
    STAT: '+OK 3 4096',
    UIDL: '+OK\r\n1 a\r\n2 b\r\n3 c\r\n.',
    LIST: '+OK\r\n1 1000\r\n2 1048\r\n3 2048\r\n.',
    QUIT: (socket: Socket) => void socket.end('+OK bye\r\n'),
  };
  return fakeServer(scripted({ greeting, answers: { ...usual, ...answers }, otherwise: () => '+OK done', ...script }));
}
