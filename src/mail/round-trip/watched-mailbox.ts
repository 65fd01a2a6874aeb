/** A message that has arrived, as its mailbox names it. */
export interface ArrivedMessage {
  /** UID (IMAP), UIDL (POP3) or id (Graph). */
  readonly id: string;
  readonly size: number | null;
}

/** What removing a message came to: some servers only mark it. */
export type Removal = 'REMOVED' | 'MARKED';

/** A mailbox in which a message is waited for, opened before it is sent: what was there before is never looked at, and never removed. */
export interface WatchedMailbox {
  /** As people know it: `INBOX of imap.example.com`. */
  readonly name: string;
  /** The message of this Message-ID, once it has come; null while it has not. Looks once. @throws {ConnectionFailure} */
  find(messageId: string): Promise<ArrivedMessage | null>;
  /** The beginning of the message as it is stored, at least its header. @throws {ConnectionFailure} */
  read(message: ArrivedMessage): Promise<Buffer>;
  /** @throws {ConnectionFailure} */
  remove(message: ArrivedMessage): Promise<Removal>;
  /** Says goodbye and closes. */
  end(): Promise<void>;
}

/** Whether a header (RFC 5322, section 2.2) holds this Message-ID. */
export function hasMessageId(message: Buffer, messageId: string): boolean {
  const text = message.toString('latin1');
  const header = text.slice(0, /\r?\n\r?\n/.exec(text)?.index ?? text.length).replace(/\r?\n[ \t]+/g, ' ');
  return header.split(/\r?\n/).some((line) => /^message-id\s*:/i.test(line) && line.includes(messageId));
}
