import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols, makeServer } from 'graphql-ws';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { ClientAddress } from './client-address.js';
import type { HttpMetrics } from './metrics.js';
import type { Recognition } from './recognition.js';
import { closeCodes, WebSocketConnection } from './websocket-connection.js';
import { WebSocketOperations, type WebSocketOperationsParts } from './websocket-operations.js';
import { carry, type WebSocketExtra } from './websocket-transport.js';

/** How often it is looked up whether the tokens of open connections still stand, in milliseconds. */
const recheckEvery = 30_000;

/** A client that does not close its side in so many milliseconds is cut off. */
const closingWait = 1_000;

export interface WebSocketEndpointParts extends WebSocketOperationsParts {
  readonly addresses: ClientAddress;
  readonly metrics: HttpMetrics;
  readonly maximumMessageBytes: number;
  readonly log: Logger;
}

/** GraphQL over WebSockets, by the protocol graphql-transport-ws. */
export class WebSocketEndpoint {
  readonly #sockets: WebSocketServer;
  readonly #connections = new Set<WebSocketConnection>();
  readonly #recheck: NodeJS.Timeout;

  constructor(server: Server, path: string, parts: WebSocketEndpointParts) {
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: parts.maximumMessageBytes, handleProtocols, clientTracking: true });
    const protocol = makeServer<Record<string, unknown>, WebSocketExtra>(new WebSocketOperations(parts).options());
    server.on('upgrade', (request, socket, head) => {
      if (pathOf(request) !== path) return refuseUpgrade(socket);
      const ip = parts.addresses.of(request.socket.remoteAddress, request.headers['x-forwarded-for']);
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new WebSocketConnection(webSocket, request, ip);
        this.#connections.add(connection);
        parts.metrics.connectionOpened();
        webSocket.once('close', () => {
          this.#connections.delete(connection);
          parts.metrics.connectionClosed();
        });
        carry(connection, protocol, parts.log);
      });
    });
    this.#recheck = setInterval(() => this.#closeWhatNoLongerStands(parts.recognition), recheckEvery);
  }

  /** Closes every connection, with 1001: clients come back to another node. Resolves once all are closed. */
  async stop(): Promise<void> {
    clearInterval(this.#recheck);
    const closed = [...this.#sockets.clients].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
    for (const socket of this.#sockets.clients) socket.close(closeCodes.goingAway, 'The service stops.');
    const cut = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
    }, closingWait);
    await Promise.all(closed);
    clearTimeout(cut);
    this.#sockets.close();
  }

  #closeWhatNoLongerStands(recognition: Recognition): void {
    for (const connection of this.#connections)
      if (connection.caller !== null && !recognition.stillStands(connection.caller)) connection.close(closeCodes.forbidden, 'The token is no longer valid.');
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

function refuseUpgrade(socket: Duplex): void {
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
