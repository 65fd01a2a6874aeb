import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came in. */
export interface Received {
  readonly id: string;
  readonly seconds: string;
  /** The whole header, of one signature or several. */
  readonly signature: string;
  readonly body: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** What it was answered with; null where it was not. */
  readonly answer: Answer;
}

/** A status, a connection that breaks off, or silence. */
export type Answer = number | 'reset' | 'silence' | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface TestReceiver {
  readonly url: string;
  /** Every request, in the order of arrival. */
  readonly requests: readonly Received[];
  /** Those that were answered with 2xx. */
  readonly taken: () => readonly Received[];
  /** How the next are answered; by default with 204. */
  answer: (request: Omit<Received, 'answer'>, number: number) => Answer;
  /** What an answer waits for. */
  delay: () => Promise<void>;
  stop(): Promise<void>;
  /** Listens again where it did. */
  start(): Promise<void>;
}

/** Somebody's receiver of Standard Webhooks on this machine, over real HTTP. */
export async function startReceiver(): Promise<TestReceiver> {
  const requests: Received[] = [];
  let port = 0;
  let server = createServer();
  const receive = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const header = (name: string) => String(incoming.headers[name] ?? '');
    const { type, timestamp, data } = JSON.parse(body) as Pick<Received, 'type' | 'timestamp' | 'data'>;
    const request = { id: header('webhook-id'), seconds: header('webhook-timestamp'), signature: header('webhook-signature'), body, type, timestamp, data };
    const answer = receiver.answer(request, requests.length);
    requests.push({ ...request, answer });
    if (answer === 'silence') return;
    await receiver.delay();
    if (answer === 'reset') incoming.socket.resetAndDestroy();
    else if (typeof answer === 'number') outgoing.writeHead(answer).end();
    else outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const receiver: TestReceiver = {
    get url() {
      return `http://127.0.0.1:${port}/hook`;
    },
    requests,
    taken: () => requests.filter(({ answer }) => isTaken(answer)),
    answer: () => 204,
    delay: () => Promise.resolve(),
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
    async start() {
      server = createServer((incoming, outgoing) => void receive(incoming, outgoing));
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      ({ port } = server.address() as AddressInfo);
    },
  };
  await receiver.start();
  return receiver;
}

function isTaken(answer: Answer): boolean {
  const status = typeof answer === 'object' ? answer.status : answer;
  return typeof status === 'number' && status >= 200 && status < 300;
}

/** Whether a secret signed the request: written from Standard Webhooks 1.0.0, with nothing of what is tested. */
export function isSignedBy(secret: string, { id, seconds, body, signature }: Pick<Received, 'id' | 'seconds' | 'body' | 'signature'>): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return signature.split(' ').includes(`v1,${expected}`);
}

/** Each message once, where it first arrived. */
export function firstArrivals(requests: readonly Received[]): readonly Received[] {
  return [...new Map(requests.toReversed().map((request) => [request.id, request])).values()].toReversed();
}
