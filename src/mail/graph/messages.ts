import type { GraphClient } from './graph-client.js';
import { messageIn, type ListedMessage } from './folder-changes.js';
import { GraphFailure } from './graph-failure.js';
import { permissionsTo } from './permissions.js';

/** Whether it was done, or there was nothing to do it with: somebody else has taken the message. */
export type Done = 'DONE' | 'GONE';

/** More than Exchange Online lets into any mailbox: 150 MB as people count, in the encoding of MIME. */
const mostMessageBytes = 268_435_456;

/** The message as it came, MIME (RFC 5322), byte for byte, as it arrives. @throws {ConnectionFailure}; {@link isGone} tells whether the message is there no more. */
export function messageContent(graph: GraphClient, id: string, signal: AbortSignal, maximum = mostMessageBytes): AsyncGenerator<Uint8Array, void> {
  return graph.bytes({ method: 'GET', path: `${messagePath(graph, id)}/$value`, needs: permissionsTo.read }, maximum, signal);
}

/** @throws {ConnectionFailure} */
export function markRead(graph: GraphClient, id: string, isRead: boolean, signal: AbortSignal): Promise<Done> {
  const body = { type: 'application/json', text: JSON.stringify({ isRead }) } as const;
  return doneOrGone(graph.done({ method: 'PATCH', path: messagePath(graph, id), body, needs: permissionsTo.change }, signal));
}

/** @param destination a folder's id or well-known name, as `archive`; one that does not exist is told as GONE too. @throws {ConnectionFailure} */
export function moveMessage(graph: GraphClient, id: string, destination: string, signal: AbortSignal): Promise<Done> {
  const body = { type: 'application/json', text: JSON.stringify({ destinationId: destination }) } as const;
  return doneOrGone(graph.done({ method: 'POST', path: `${messagePath(graph, id)}/move`, body, needs: permissionsTo.change }, signal));
}

/** Into the folder of recoverable items, as a person's deletion of a deleted item. @throws {ConnectionFailure} */
export function deleteMessage(graph: GraphClient, id: string, signal: AbortSignal): Promise<Done> {
  return doneOrGone(graph.done({ method: 'DELETE', path: messagePath(graph, id), needs: permissionsTo.change }, signal));
}

/** The message of this Message-ID in a folder; null while there is none. @throws {ConnectionFailure} */
export async function findMessage(graph: GraphClient, folder: string, internetMessageId: string, signal: AbortSignal): Promise<ListedMessage | null> {
  const filter = encodeURIComponent(`internetMessageId eq '${internetMessageId.replaceAll("'", "''")}'`);
  const path = `${graph.path}/mailFolders/${encodeURIComponent(folder)}/messages?$filter=${filter}&$select=internetMessageId,receivedDateTime,isRead&$top=1`;
  const { value } = await graph.json({ method: 'GET', path, needs: permissionsTo.read }, signal);
  const [found] = Array.isArray(value) ? (value as unknown[]) : [];
  return typeof found === 'object' && found !== null ? messageIn({ ...found }) : null;
}

export function isGone(error: unknown): boolean {
  return error instanceof GraphFailure && error.refusal?.status === 404 && /^ErrorItemNotFound$/i.test(error.refusal.graphCode);
}

async function doneOrGone(work: Promise<unknown>): Promise<Done> {
  try {
    await work;
    return 'DONE';
  } catch (error) {
    if (isGone(error)) return 'GONE';
    throw error;
  }
}

function messagePath({ path }: GraphClient, id: string): string {
  return `${path}/messages/${encodeURIComponent(id)}`;
}
