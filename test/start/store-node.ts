import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { KurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';
import type { Identity } from '../mail/lab/certificate-authority.js';

/** What a server of the event store answers over HTTP: a status and a body, by method and path. */
export type HttpAnswers = Readonly<Record<string, (request: IncomingMessage) => readonly [status: number, body: unknown]>>;

export function answers(state: string, members: readonly { readonly port: number; readonly state: string; readonly isAlive: boolean }[] = []): HttpAnswers {
  const known = members.map(({ port, ...member }) => ({ ...member, httpEndPointIp: '127.0.0.1', httpEndPointPort: port }));
  return {
    'GET /info': () => [200, { esVersion: '23.10.6.0', state }],
    'GET /health/live': () => [204, undefined],
    'GET /gossip': () => [200, { members: known }],
  };
}

/** The HTTP side of a server, on a free port of this machine, until the test ends. */
export async function startHttpSide(answers: HttpAnswers, identity?: Identity): Promise<number> {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const [status, body] = answers[`${request.method} ${request.url}`]?.(request) ?? [404, undefined];
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  return listening(identity ? createHttps({ cert: identity.certificate, key: identity.key }, answer) : createHttp(answer));
}

/** A server of the event store that speaks gRPC and HTTP on one port, as the real ones do. */
export async function startBothSides(double: KurrentDbDouble, answers: HttpAnswers): Promise<number> {
  const http = await startHttpSide(answers);
  return listening(
    createServer((socket) => {
      socket.once('data', (first) => {
        const other = connect(first.toString('latin1').startsWith('PRI ') ? double.node(0).front.port : http, '127.0.0.1');
        other.write(first);
        pipeBothWays(socket, other);
      });
    }),
  );
}

/** A server that takes connections and says nothing. */
export function startSilent(): Promise<number> {
  return listening(createServer(() => undefined));
}

/** A port that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function pipeBothWays(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const [socket, opposite] of [
    [one, other],
    [other, one],
  ] as const)
    socket.on('error', () => opposite.destroy()).on('close', () => opposite.destroy());
}
