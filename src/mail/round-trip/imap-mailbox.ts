import type { Deadline } from '../deadline.js';
import { ConnectionFailure } from '../failure.js';
import { endImapSession, imapFailure, openImapSession } from '../imap-session.js';
import type { MailboxSubject } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import type { StageRun } from '../stage-run.js';
import type { WatchedMailbox } from './watched-mailbox.js';

/** How much of a message is read back. */
const bytesRead = 65_536;

/** The account's IMAP mailbox, watched from its next UID on (RFC 9051, section 2.3.1.1). @throws {StageFailed} */
export async function watchImapMailbox(receiver: MailboxSubject, run: StageRun, road: Road, deadline: Deadline): Promise<WatchedMailbox> {
  const client = await openImapSession(receiver, run, road, deadline);
  const mailbox = receiver.settings.mailbox ?? 'INBOX';
  const asked = async <Answer>(work: Promise<Answer>, refused: 'MAILBOX_NOT_FOUND' | 'PERMISSION_MISSING'): Promise<Answer> => {
    try {
      return await deadline.within(work);
    } catch (error) {
      throw imapFailure(error, refused);
    }
  };
  const { uidNext } = await run.take('MAILBOX', async () => ({ value: await asked(client.mailboxOpen(mailbox), 'MAILBOX_NOT_FOUND'), message: 'It is open.' }));

  return {
    name: `${mailbox} of ${receiver.settings.connection.host}`,

    async find(messageId) {
      // Servers tell of new messages when they are asked something (RFC 9051, section 7.4.1).
      await asked(client.noop(), 'PERMISSION_MISSING');
      if (!client.usable) throw new ConnectionFailure('CONNECTION_CLOSED');
      const since = await asked(client.fetchAll(`${uidNext}:*`, { uid: true, size: true, envelope: true }, { uid: true }), 'PERMISSION_MISSING');
      // `n:*` also names the last message, where all are older (RFC 9051, section 9, seq-range).
      const found = since.find(({ uid, envelope }) => uid >= uidNext && envelope?.messageId === messageId);
      return found ? { id: String(found.uid), size: found.size ?? null } : null;
    },

    async read({ id }) {
      const message = await asked(client.fetchOne(id, { source: { maxLength: bytesRead } }, { uid: true }), 'PERMISSION_MISSING');
      if (message === false || !message.source)
        throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'The server lists the message and does not give it.' });
      return message.source;
    },

    async remove({ id }) {
      // Without UIDPLUS the only way is EXPUNGE, which removes what others have marked as well.
      const canExpunge = client.capabilities.has('UIDPLUS') || client.capabilities.has('IMAP4rev2');
      const done = await asked(
        canExpunge ? client.messageDelete(id, { uid: true }) : client.messageFlagsAdd(id, [String.raw`\Deleted`], { uid: true }),
        'PERMISSION_MISSING',
      );
      if (!done) throw new ConnectionFailure('PERMISSION_MISSING', { message: 'The server does not let the user remove messages from this mailbox.' });
      return canExpunge ? 'REMOVED' : 'MARKED';
    },

    end: () => endImapSession(client, deadline),
  };
}
