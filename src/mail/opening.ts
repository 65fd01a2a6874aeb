import type { Conversation } from './conversation.js';
import { pop3Problem } from './classify-pop3-response.js';
import { ConnectionFailure } from './failure.js';
import { imapProblem, responseCodeOf } from './classify-imap-response.js';
import { isTemporary, smtpReply, temporaryProblem } from './smtp-reply.js';

/** How a protocol opens its session and gets from clear text to TLS. */
export interface Opening {
  /**
   * Reads the greeting and, where it takes a command, what the server offers.
   * @throws {ConnectionFailure} for a server that does not want to talk, or talks another protocol.
   */
  greet(conversation: Conversation, clientName: string): Promise<Greeting>;
  /** @throws {ConnectionFailure} STARTTLS_NOT_OFFERED, SERVER_TEMPORARILY_UNAVAILABLE: the server does not do what it offered. */
  startTls(conversation: Conversation): Promise<void>;
  /** What a server says after TLS was started: nothing. A session begins with a greeting, and what was said in clear text does not count (RFC 3207, section 4.2; RFC 9051, section 6.2.1). */
  readonly neutralGreeting: string;
}

export interface Greeting {
  /** As the server sent it, for the library that takes over. */
  readonly text: string;
  offersStartTls(): Promise<boolean>;
}

/** RFC 5321, 3207. */
export const smtpOpening: Opening = {
  neutralGreeting: '220 ready\r\n',

  async greet(conversation, clientName) {
    const greeting = await smtpReply(conversation);
    if (greeting.code !== 220) {
      const code = isTemporary(greeting) ? temporaryProblem(greeting) : greeting.code >= 500 ? 'SERVER_REFUSED_SESSION' : 'PROTOCOL_ERROR';
      throw new ConnectionFailure(code, { serverResponse: greeting.text });
    }
    conversation.send(`EHLO ${clientName}`);
    const hello = await smtpReply(conversation);
    if (isTemporary(hello)) throw new ConnectionFailure(temporaryProblem(hello), { serverResponse: hello.text });
    // A server without EHLO offers no extension, and so no STARTTLS (RFC 5321, section 4.1.1.1).
    const offered = hello.code === 250 && hello.lines.some((line) => /^250[ -]STARTTLS\s*$/i.test(line));
    return { text: `${greeting.lines.join('\r\n')}\r\n`, offersStartTls: async () => offered };
  },

  async startTls(conversation) {
    conversation.send('STARTTLS');
    const reply = await smtpReply(conversation);
    if (reply.code !== 220) throw new ConnectionFailure(isTemporary(reply) ? temporaryProblem(reply) : 'STARTTLS_NOT_OFFERED', { serverResponse: reply.text });
  },
};

/** RFC 9051. */
export const imapOpening: Opening = {
  neutralGreeting: '* OK ready\r\n',

  async greet(conversation) {
    const greeting = await conversation.line();
    if (/^\* BYE\b/i.test(greeting))
      throw new ConnectionFailure(imapProblem(responseCodeOf(greeting)) ?? 'SERVER_REFUSED_SESSION', { serverResponse: greeting });
    if (/^\* PREAUTH\b/i.test(greeting))
      throw new ConnectionFailure('PROTOCOL_ERROR', { message: 'The server greets as if somebody had logged in already.', serverResponse: greeting });
    if (!/^\* OK\b/i.test(greeting)) throw new ConnectionFailure('PROTOCOL_ERROR', { serverResponse: greeting });
    return {
      text: `${greeting}\r\n`,
      async offersStartTls() {
        conversation.send('c CAPABILITY');
        const lines = await conversation.linesUntil((line) => /^c /i.test(line));
        return lines.some((line) => /^\* CAPABILITY\b/i.test(line) && /\sSTARTTLS(?:\s|$)/i.test(line));
      },
    };
  },

  async startTls(conversation) {
    conversation.send('s STARTTLS');
    const last = (await conversation.linesUntil((line) => /^s /i.test(line))).at(-1) ?? '';
    if (!/^s OK\b/i.test(last)) throw new ConnectionFailure(imapProblem(responseCodeOf(last)) ?? 'STARTTLS_NOT_OFFERED', { serverResponse: last });
  },
};

/** RFC 1939, 2449, 2595. */
export const pop3Opening: Opening = {
  neutralGreeting: '+OK ready\r\n',

  async greet(conversation) {
    const greeting = await conversation.line();
    if (/^-ERR\b/i.test(greeting)) throw new ConnectionFailure(pop3Problem(greeting) ?? 'SERVER_REFUSED_SESSION', { serverResponse: greeting });
    if (!/^\+OK\b/i.test(greeting)) throw new ConnectionFailure('PROTOCOL_ERROR', { serverResponse: greeting });
    return {
      text: `${greeting}\r\n`,
      async offersStartTls() {
        conversation.send('CAPA');
        const first = await conversation.line();
        // A server without CAPA has no way to offer STLS (RFC 2595, section 4).
        if (!/^\+OK\b/i.test(first)) return false;
        const lines = await conversation.linesUntil((line) => line === '.');
        return lines.some((line) => /^STLS\s*$/i.test(line));
      },
    };
  },

  async startTls(conversation) {
    conversation.send('STLS');
    const reply = await conversation.line();
    if (!/^\+OK\b/i.test(reply)) throw new ConnectionFailure(pop3Problem(reply) ?? 'STARTTLS_NOT_OFFERED', { serverResponse: reply });
  },
};
