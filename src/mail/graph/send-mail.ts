import { ConnectionFailure } from '../failure.js';
import { failureOf } from '../failure-of.js';
import type { GraphAnswer, GraphClient } from './graph-client.js';
import { GraphFailure } from './graph-failure.js';
import { requiredText } from './json.js';
import { permissionsTo } from './permissions.js';
import { uploadAttachment, type Attachment } from './upload-attachment.js';

/** Graph takes requests of up to 4 MB, and MIME goes in base64, which is a third longer. */
export const mostMimeBytes = 3_000_000;
/** A caller who gives up does not want a draft left behind. */
const tidyMilliseconds = 10_000;

export interface OutgoingMail {
  /** The whole message (RFC 5322) but for the attachments beside it; recipients are those of its header. At most {@link mostMimeBytes}. */
  readonly mime: Buffer;
  /** What would make the message too large for one request; put in as attached files. */
  readonly attachments: readonly Attachment[];
}

/**
 * Hands a message over, to be sent from the mailbox and kept among its sent items. One that has attachments beside it is put together as a draft first, which is sent when it is complete
 * and removed when it cannot be completed, or is not taken.
 * @throws {RangeError} the MIME is larger than one request. @throws {ConnectionFailure} {@link GraphFailure}: `outcomeUnknown` where it may have been sent.
 */
export async function sendMail(graph: GraphClient, { mime, attachments }: OutgoingMail, signal: AbortSignal): Promise<GraphAnswer> {
  if (mime.length > mostMimeBytes)
    throw new RangeError(`The MIME text has ${mime.length} bytes; ${mostMimeBytes} fit into a request. Give large parts as attachments beside it.`);
  const body = { type: 'text/plain', text: mime.toString('base64') } as const;
  if (attachments.length === 0) return graph.done({ method: 'POST', path: `${graph.path}/sendMail`, body, needs: permissionsTo.send }, signal);

  const draft = await graph.json({ method: 'POST', path: `${graph.path}/messages`, body, needs: permissionsTo.draft }, signal);
  const path = `${graph.path}/messages/${encodeURIComponent(requiredText(draft, 'id'))}`;
  try {
    for (const attachment of attachments) await uploadAttachment(graph, path, attachment, signal);
  } catch (error) {
    throw await afterRemovalOf(path, graph, notSent(error));
  }
  try {
    return await graph.done({ method: 'POST', path: `${path}/send`, needs: permissionsTo.send }, signal);
  } catch (error) {
    const isUnknown = error instanceof GraphFailure && error.outcomeUnknown;
    throw isUnknown ? error : await afterRemovalOf(path, graph, failureOf(error, []));
  }
}

/** Whatever became of an attachment, the message was not sent. */
function notSent(error: unknown): ConnectionFailure {
  const failure = failureOf(error, []);
  if (!(failure instanceof GraphFailure) || !failure.outcomeUnknown) return failure;
  return new ConnectionFailure(failure.code, {
    message: 'An attachment could not be handed over, so the message was not sent.',
    serverResponse: failure.serverResponse,
  });
}

async function afterRemovalOf(draft: string, graph: GraphClient, failure: ConnectionFailure): Promise<ConnectionFailure> {
  try {
    await graph.done({ method: 'DELETE', path: draft, needs: permissionsTo.draft }, AbortSignal.timeout(tidyMilliseconds));
    return failure;
  } catch (error) {
    const { code, message, hint, serverResponse } = failure;
    const left = `An unfinished draft of the message was left in the mailbox, because it could not be removed: ${failureOf(error, []).message}`;
    return new ConnectionFailure(code, { message: `${message} ${left}`, serverResponse, ...(hint !== null && { hint }) });
  }
}
