import type { Conversation } from './conversation.js';
import { ConnectionFailure, type FailureCode } from './failure.js';

/** RFC 5321, section 4.2. */
export interface SmtpReply {
  readonly code: number;
  readonly text: string;
}

/** A whole reply, of one line or several. @throws {ConnectionFailure} PROTOCOL_ERROR for what is none. */
export async function smtpReply(conversation: Conversation): Promise<SmtpReply & { readonly lines: readonly string[] }> {
  const lines = await conversation.linesUntil((line) => !/^\d{3}-/.test(line));
  const text = lines.join(' ');
  const code = /^([2-5]\d\d)(?: |$)/.exec(lines.at(-1) ?? '')?.[1];
  if (code === undefined) throw new ConnectionFailure('PROTOCOL_ERROR', { serverResponse: text });
  return { code: Number(code), text, lines };
}

export function isTemporary({ code }: SmtpReply): boolean {
  return code >= 400 && code < 500;
}

/** What a reply of 4yz comes to: it says nothing about user ID and password. */
export function temporaryProblem({ text }: SmtpReply): FailureCode {
  return /\b4\.7\.28\b|throttl|too (?:many|fast)|rate.?limit|limit exceeded/i.test(text) ? 'THROTTLED' : 'SERVER_TEMPORARILY_UNAVAILABLE';
}

/** What a refused AUTH comes to (RFC 4954, section 6). */
export function authenticationProblem(reply: SmtpReply): FailureCode {
  if (isTemporary(reply)) return temporaryProblem(reply);
  // Not known, not here, not now, not without TLS, no such mechanism; 534 is a mechanism too weak, but at some providers a password that is none for programs.
  return [500, 502, 503, 504, 530, 538].includes(reply.code) ? 'AUTHENTICATION_NOT_OFFERED' : 'AUTHENTICATION_FAILED';
}

/** What a refused MAIL or RCPT comes to. Some servers judge the sender only once they hear of a recipient. */
export function envelopeProblem(reply: SmtpReply, refused: 'SENDER_REFUSED' | 'RECIPIENT_REFUSED'): FailureCode {
  if (isTemporary(reply)) return temporaryProblem(reply);
  return /\b5\.1\.[78]\b|\b5\.7\.(?:60|404)\b|sender (?:address|verify|is not)|not (?:owned by|allowed to send)|SendAsDenied/i.test(reply.text)
    ? 'SENDER_REFUSED'
    : refused;
}
