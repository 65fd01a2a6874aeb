import type { Deadline } from '../deadline.js';
import type { MailboxSubject, ReceiverSubject } from '../mail-port.js';
import type { Road } from '../mail-settings.js';
import type { StageRun } from '../stage-run.js';
import { watchGraphMailbox } from './graph-mailbox.js';
import { watchImapMailbox } from './imap-mailbox.js';
import { watchPop3Mailbox } from './pop3-mailbox.js';
import type { WatchedMailbox } from './watched-mailbox.js';

/** The receiver's mailbox, whatever its protocol. @throws {StageFailed} @throws {ConnectionFailure} */
export function openWatchedMailbox(receiver: ReceiverSubject, run: StageRun, road: Road, deadline: Deadline): Promise<WatchedMailbox> {
  if (isMailbox(receiver))
    return receiver.settings.kind === 'imap' ? watchImapMailbox(receiver, run, road, deadline) : watchPop3Mailbox(receiver, run, road, deadline);
  return watchGraphMailbox(receiver, road, deadline);
}

function isMailbox(receiver: ReceiverSubject): receiver is MailboxSubject {
  return receiver.settings.kind !== 'microsoftGraph';
}
