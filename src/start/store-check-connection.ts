import type { Socket } from 'node:net';

/** How long each step of reaching a server may take when nobody says otherwise, in milliseconds. */
export const usualStep = 3_000;

/** The socket, once it has come so far. @throws what the socket says, with its code; ETIMEDOUT after the limit. */
export async function connected<Kind extends Socket>(socket: Kind, event: 'connect' | 'secureConnect', milliseconds: number): Promise<Kind> {
  const timer = setTimeout(() => socket.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), milliseconds);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(event, resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    });
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

/** The code of a network or TLS error. */
export function codeOf(error: unknown): string {
  // Where a name has several addresses, Node reports the attempts together.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : 'no reason given';
}
