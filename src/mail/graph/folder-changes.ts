import { GraphFailure } from './graph-failure.js';
import type { GraphClient } from './graph-client.js';
import { objectsIn, requiredText, textOrNull, type JsonObject } from './json.js';
import { permissionsTo } from './permissions.js';
import { ConnectionFailure } from '../failure.js';

/** A message as a folder lists it. Of one that was listed before, Graph may tell no more than what has changed: the rest is null. */
export interface ListedMessage {
  /** Immutable: it stays when the message is moved. */
  readonly id: string;
  /** The Message-ID of its header, with the angle brackets. */
  readonly internetMessageId: string | null;
  readonly receivedAt: string | null; // ISO 8601
  readonly isRead: boolean | null;
}

export type FolderChange = { readonly kind: 'present'; readonly message: ListedMessage } | { readonly kind: 'gone'; readonly id: string };

export type FolderProgress =
  /** What has changed, and where to go on after it: keep the cursor together with what was made of the changes. Of several changes of one id the last counts. */
  | { readonly kind: 'changes'; readonly changes: readonly FolderChange[]; readonly cursor: string; readonly isLast: boolean }
  /** Graph has forgotten what was told before. The whole folder follows; what does not come with it is there no more. */
  | { readonly kind: 'resync' };

const fields = 'internetMessageId,receivedDateTime,isRead';

/**
 * What has changed in a folder since the cursor, page by page, up to now; with null, all that is in it. Asked by delta query: from one folder only, not from those below it.
 * @param folder its id, or a well-known name as `inbox`. @throws {ConnectionFailure}
 */
export async function* folderChanges(
  graph: GraphClient,
  folder: string,
  cursor: string | null,
  signal: AbortSignal,
  pageSize = 50,
): AsyncGenerator<FolderProgress, void> {
  const start = `${graph.path}/mailFolders/${encodeURIComponent(folder)}/messages/delta?$select=${fields}`;
  const prefer = `odata.maxpagesize=${pageSize}`;
  let path = cursor === null ? start : graph.link(cursor);
  for (;;) {
    const page = await pageAt(graph, path, prefer, signal);
    if (page === null) {
      if (path === start) throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'Microsoft Graph cannot list the folder, not even from its beginning.' });
      path = start;
      yield { kind: 'resync' };
      continue;
    }
    const next = textOrNull(page, '@odata.nextLink');
    const changes = objectsIn(page, 'value').map(changeIn);
    if (next === null) {
      yield { kind: 'changes', changes, cursor: requiredText(page, '@odata.deltaLink'), isLast: true };
      return;
    }
    path = graph.link(next);
    yield { kind: 'changes', changes, cursor: next, isLast: false };
  }
}

/** Null where Graph knows the cursor no more. */
async function pageAt(graph: GraphClient, path: string, prefer: string, signal: AbortSignal): Promise<JsonObject | null> {
  try {
    return await graph.json({ method: 'GET', path, prefer, needs: permissionsTo.read }, signal);
  } catch (error) {
    const refusal = error instanceof GraphFailure ? error.refusal : null;
    if (refusal?.status === 410 || (refusal !== null && /^(?:SyncState|resync)/i.test(refusal.graphCode))) return null;
    throw error;
  }
}

function changeIn(item: JsonObject): FolderChange {
  const id = requiredText(item, 'id');
  return '@removed' in item ? { kind: 'gone', id } : { kind: 'present', message: messageIn(item) };
}

export function messageIn(item: JsonObject): ListedMessage {
  const { isRead } = item;
  return {
    id: requiredText(item, 'id'),
    internetMessageId: textOrNull(item, 'internetMessageId'),
    receivedAt: textOrNull(item, 'receivedDateTime'),
    isRead: typeof isRead === 'boolean' ? isRead : null,
  };
}
