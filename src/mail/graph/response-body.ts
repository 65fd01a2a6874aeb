import { ConnectionFailure } from '../failure.js';
import { networkFailure } from '../network-failure.js';
import type { Silence } from './silence.js';

/**
 * The bytes of an answer, as they come; who stops reading closes the connection.
 * @throws {ConnectionFailure} PROTOCOL_ERROR for more than so many bytes; what the network comes to
 */
export async function* bytesOf(response: Response, maximum: number, silence: Silence, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let received = 0;
  let ended = false;
  try {
    for (;;) {
      silence.begin();
      const { done, value } = await reader.read();
      silence.end();
      ended = done;
      if (done) return;
      received += value.length;
      if (received > maximum)
        throw new ConnectionFailure('PROTOCOL_ERROR', { message: `Microsoft Graph answered with more than ${maximum} bytes. The rest was not read.` });
      yield value;
    }
  } catch (error) {
    ended = !(error instanceof ConnectionFailure);
    throw networkFailure(error, signal);
  } finally {
    silence.end();
    if (!ended) await reader.cancel();
  }
}

/** A whole answer as text. @throws {ConnectionFailure} */
export async function textOf(response: Response, maximum: number, silence: Silence, signal: AbortSignal): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytesOf(response, maximum, silence, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
