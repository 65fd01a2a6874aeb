import { ConnectionFailure } from '../failure.js';
import type { Deadline } from '../deadline.js';
import type { MailboxSubject } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import type { Pop3Client } from '../pop3/pop3-client.js';
import { endPop3Session, openPop3Session, pop3Failure } from '../pop3/pop3-session.js';
import { StageFailed, type StageRun } from '../stage-run.js';
import { hasMessageId, type WatchedMailbox } from './watched-mailbox.js';

/** How much of a message is read back, and how large a header may be. */
const mostBytes = 1_048_576;

/**
 * The account's POP3 mailbox. A session shows what was there at its beginning, so each look is a session of its own; what was there at the first is
 * known by its unique id and never looked at.
 * @throws {StageFailed}
 */
export async function watchPop3Mailbox(receiver: MailboxSubject, run: StageRun, road: Road, deadline: Deadline): Promise<WatchedMailbox> {
  /** Messages that are not the one that is waited for. */
  const others = new Set<string>();

  const inSession = async <Answer>(work: (client: Pop3Client) => Promise<Answer>): Promise<Answer> => {
    const client = await openPop3Session(receiver, run, road, deadline);
    try {
      return await work(client);
    } catch (error) {
      throw pop3Failure(error, 'PERMISSION_MISSING');
    } finally {
      if (!client.isLost) await endPop3Session(client, deadline);
    }
  };
  const again = async <Answer>(work: (client: Pop3Client) => Promise<Answer>): Promise<Answer> => {
    try {
      return await inSession(work);
    } catch (error) {
      if (!(error instanceof StageFailed)) throw error;
      const { code, message, hint, serverResponse } = error.stage;
      throw code === 'OK' ? error : new ConnectionFailure(code, { message, serverResponse, ...(hint === null ? {} : { hint }) });
    }
  };
  const numberOf = async (client: Pop3Client, id: string): Promise<number> => {
    const found = (await client.uniqueIds()).find(({ uniqueId }) => uniqueId === id);
    if (!found) throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'The message was there and is there no more: somebody else took it.' });
    return found.number;
  };

  await inSession(async (client) => {
    for (const { uniqueId } of await client.uniqueIds()) others.add(uniqueId);
  });

  return {
    name: `the mailbox at ${receiver.settings.connection.host}`,

    find: (messageId) =>
      again(async (client) => {
        const fresh = (await client.uniqueIds()).filter(({ uniqueId }) => !others.has(uniqueId));
        for (const { number, uniqueId } of fresh) {
          if (hasMessageId(await client.top(number, 0, mostBytes), messageId)) return { id: uniqueId, size: null };
          others.add(uniqueId);
        }
        return null;
      }),

    read: ({ id }) =>
      again(async (client) => {
        const number = await numberOf(client, id);
        return client.top(number, 1_000, mostBytes);
      }),

    remove: ({ id }) =>
      again(async (client) => {
        await client.delete(await numberOf(client, id));
        // Deletions are made when the session ends, and the server may still refuse.
        await client.quit();
        return 'REMOVED' as const;
      }),

    end: async () => {
      // Every session has ended.
    },
  };
}
