import type { Deadline } from '../deadline.js';
import { ConnectionFailure } from '../failure.js';
import { graphClientFor } from '../graph/graph-way.js';
import { deleteMessage, findMessage, isGone, messageContent } from '../graph/messages.js';
import { permissionsTo } from '../graph/permissions.js';
import type { GraphReceiverSubject } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import type { WatchedMailbox } from './watched-mailbox.js';

/** How much of a message is read back. */
const bytesRead = 65_536;

/** The account's inbox at Microsoft Graph. A message is looked for by its Message-ID, which nothing that was there before has. @throws {ConnectionFailure} */
export async function watchGraphMailbox(receiver: GraphReceiverSubject, road: Road, deadline: Deadline): Promise<WatchedMailbox> {
  const graph = graphClientFor(receiver, road, deadline);
  const { signal } = deadline;
  await graph.json({ method: 'GET', path: `${graph.path}/mailFolders/inbox?$select=id`, needs: permissionsTo.read }, signal);

  return {
    name: `the inbox of ${graph.mailbox}`,

    async find(messageId) {
      const found = await findMessage(graph, 'inbox', messageId, signal);
      return found && { id: found.id, size: null };
    },

    async read({ id }) {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      try {
        for await (const piece of messageContent(graph, id, signal)) {
          pieces.push(piece);
          bytes += piece.length;
          if (bytes >= bytesRead) break;
        }
      } catch (error) {
        throw isGone(error)
          ? new ConnectionFailure('PROTOCOL_ERROR', { message: 'The message was there and is there no more: somebody else took it.' })
          : error;
      }
      return Buffer.concat(pieces);
    },

    async remove({ id }) {
      await deleteMessage(graph, id, signal);
      return 'REMOVED';
    },

    end: () => Promise.resolve(),
  };
}
