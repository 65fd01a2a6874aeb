import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { AuthenticatedCaller } from '../commands/authentication.js';
import type { RunningOperation } from './running-operation.js';

/** Codes of graphql-transport-ws (PROTOCOL.md) and RFC 6455 with which a connection is closed. */
export const closeCodes = { goingAway: 1001, forbidden: 4403, internalError: 4500 } as const;

/** One client's WebSocket: who it is, and what it has under way. */
export class WebSocketConnection {
  caller: AuthenticatedCaller | null = null;
  readonly #running = new Map<object, { readonly id: string; readonly operation: RunningOperation }>();

  constructor(
    readonly socket: WebSocket,
    readonly request: IncomingMessage,
    readonly ip: string | null,
  ) {}

  /** @param message what the client sent to start it; ids may come again. */
  started(message: object, id: string, operation: RunningOperation): void {
    this.#running.set(message, { id, operation });
  }

  running(message: object): RunningOperation | null {
    return this.#running.get(message)?.operation ?? null;
  }

  ended(message: object): void {
    this.#running.delete(message);
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** The client wants nothing more of the operation. */
  abort(operationId: string): void {
    for (const { id, operation } of this.#running.values()) if (id === operationId) operation.abort();
  }

  abortAll(): void {
    for (const { operation } of this.#running.values()) operation.abort();
  }

  /** @param reason at most 123 bytes (RFC 6455 §5.5). */
  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }
}
