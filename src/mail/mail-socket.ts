import type { Socket } from 'node:net';
import { openSocket } from '../egress/open-socket.js';
import type { Deadline } from './deadline.js';
import type { Road } from './mail-settings.js';

/**
 * A connected socket to an IP address, which lives no longer than the deadline.
 * @throws {EgressDenied} @throws what connecting ends with; {ConnectionFailure} TIMEOUT, CANCELLED
 */
export async function openMailSocket(
  address: string,
  port: number,
  { egress }: Pick<Road, 'egress'>,
  deadline: Deadline,
  limitMilliseconds = deadline.step,
): Promise<Socket> {
  const givenUp = new AbortController();
  const opening = openSocket(address, port, egress, AbortSignal.any([deadline.signal, givenUp.signal]));
  try {
    return deadline.keep(await deadline.within(opening, limitMilliseconds));
  } catch (error) {
    givenUp.abort();
    // One that connects at the last moment is in nobody's hands.
    void opening.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    throw error;
  }
}
