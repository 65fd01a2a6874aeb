import type { Server as ProtocolServer } from 'graphql-ws';
import type { Logger } from 'pino';
import type { RawData } from 'ws';
import { closeCodes, type WebSocketConnection } from './websocket-connection.js';

/** How often a client has to show that it is there, in milliseconds; one that misses a turn is cut off. */
const pingEvery = 12_000;

export interface WebSocketExtra {
  readonly connection: WebSocketConnection;
}

/** Carries the messages of the protocol over one socket, both ways. What goes wrong here goes to the log, and the connection is closed without a word of it. */
export function carry(connection: WebSocketConnection, protocol: ProtocolServer<WebSocketExtra>, log: Logger): void {
  const { socket } = connection;
  const fail = (error: unknown) => {
    log.warn({ error: error instanceof Error ? { name: error.name, message: error.message } : { name: typeof error } }, 'websocket failed');
    socket.close(closeCodes.internalError, 'Internal server error');
  };
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // Resolves once it is on its way: a subscription waits for a client that reads slowly.
      send: (data) =>
        new Promise((resolve, reject) => (socket.readyState === socket.OPEN ? socket.send(data, (error) => (error ? reject(error) : resolve())) : resolve())),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (receive) => {
        socket.on('message', (data: RawData) => {
          const text = textOf(data);
          const ended = endedOperation(text);
          if (ended !== null) connection.abort(ended);
          receive(text).catch(fail);
        });
      },
    },
    { connection },
  );
  let answered = true;
  socket.on('pong', () => (answered = true));
  const ping = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, pingEvery);
  // A message too large, or no WebSocket frame at all: ws has closed the socket with the right code.
  socket.on('error', (error) => log.debug({ error: { name: error.name, message: error.message } }, 'websocket broken'));
  socket.once('close', (code, reason) => {
    clearInterval(ping);
    connection.abortAll();
    closed(code, String(reason)).catch(fail);
  });
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}

/** The id in a client's message `complete`. The protocol's library ends subscriptions then, but tells nobody of a query that still runs. */
function endedOperation(text: string): string | null {
  if (text.length > 1_000 || !text.includes('"complete"')) return null;
  try {
    const message: unknown = JSON.parse(text);
    const isComplete = typeof message === 'object' && message !== null && 'type' in message && message.type === 'complete';
    return isComplete && 'id' in message && typeof message.id === 'string' ? message.id : null;
  } catch {
    // The library refuses it, and closes the connection.
    return null;
  }
}
