import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of a server, and which of them a request runs on. Node's own `closeIdleConnections` leaves those open that have never sent anything, as browsers keep them
 * in store, and those whose last request ends after the call: each of them would hold up a stop.
 */
export class OpenConnections {
  readonly #idle = new Set<Socket>();
  #stopping = false;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#idle.add(socket);
      socket.once('close', () => this.#idle.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      this.#idle.delete(socket);
      response.once('close', () => {
        if (this.#stopping) socket.end();
        else if (!socket.destroyed) this.#idle.add(socket);
      });
    });
    server.on('upgrade', ({ socket }) => this.#idle.delete(socket));
  }

  /** Closes what no request runs on, and from now on the others as soon as their answer is out. */
  closeIdle(): void {
    this.#stopping = true;
    for (const socket of this.#idle) socket.destroy();
  }
}
