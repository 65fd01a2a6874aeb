import { ConnectionFailure } from '../failure.js';

/** What a mailbox holds, as STAT tells it. */
export interface MailboxTotals {
  readonly messages: number;
  /** As the server counts. */
  readonly bytes: number;
}

export interface ListedMessage {
  /** 1 for the first; holds for this session alone. */
  readonly number: number;
  /** In bytes, as the server counts. */
  readonly size: number;
}

export interface IdentifiedMessage {
  readonly number: number;
  /** Printable characters that stay the same from session to session (RFC 1939, section 7). Copies of one message may have the same. */
  readonly uniqueId: string;
}

/** The status line of STAT. @throws {ConnectionFailure} PROTOCOL_ERROR: to take it for an empty mailbox would be a lie. */
export function mailboxTotals(status: string): MailboxTotals {
  const [, messages, bytes] = /^\+OK +(\d{1,15}) +(\d{1,15})(?: |$)/i.exec(status) ?? [];
  if (messages === undefined) throw unreadable(status);
  return { messages: Number(messages), bytes: Number(bytes) };
}

/** LIST. @throws {ConnectionFailure} PROTOCOL_ERROR for a line that is none: a message that is left out would never be read. */
export function listedMessages(body: Buffer): readonly ListedMessage[] {
  return linesOf(body).map((line) => {
    const [, number, size] = /^([1-9]\d{0,8}) +(\d{1,15})(?: |$)/.exec(line) ?? [];
    if (number === undefined) throw unreadable(line);
    return { number: Number(number), size: Number(size) };
  });
}

/** UIDL. RFC 1939 allows 70 characters; servers with more are read as well. @throws {ConnectionFailure} PROTOCOL_ERROR for a line that is none. */
export function identifiedMessages(body: Buffer): readonly IdentifiedMessage[] {
  return linesOf(body).map((line) => {
    const [, number, uniqueId] = /^([1-9]\d{0,8}) +([\x21-\x7e]{1,255}) *$/.exec(line) ?? [];
    if (number === undefined || uniqueId === undefined) throw unreadable(line);
    return { number: Number(number), uniqueId };
  });
}

/** The lines of a body that is a list. */
export function linesOf(body: Buffer): readonly string[] {
  return body
    .toString('latin1')
    .split('\r\n')
    .filter((line) => line !== '');
}

function unreadable(line: string): ConnectionFailure {
  return new ConnectionFailure('PROTOCOL_ERROR', { message: 'The server answers with something else than what it was asked for.', serverResponse: line });
}
