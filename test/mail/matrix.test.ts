import { afterAll, describe, expect, it } from 'vitest';
import { Deadline } from '../../src/mail/deadline.js';
import { failureOf } from '../../src/mail/failure-of.js';
import { roadOf, type MailSettings, type Road } from '../../src/mail/mail-settings.js';
import type { MailboxSubject, SendMail, SmtpSubject } from '../../src/mail/mail-port.js';
import { messageSender } from '../../src/mail/message-sender.js';
import { openWatchedMailbox } from '../../src/mail/round-trip/open-watched-mailbox.js';
import { StageFailed, StageRun } from '../../src/mail/stage-run.js';
import { failureIn, stagesOf, type Security } from './accounts.js';
import { closeFakeServers, fakeServer, type Answer, type FakeServer } from './lab/fake-server.js';
import { freePorts } from './lab/free-ports.js';
import {
  expired,
  good,
  hurried,
  impatient,
  notYetValid,
  only12,
  passwordOffers,
  protocols,
  servers,
  settings,
  startTlsOffer,
  subjectOf,
  untrusted,
  upTo11,
  wrongHost,
  type Protocol,
} from './situations.js';

afterAll(closeFakeServers);

/** What an account meets: where it connects to, and by which settings of the service. */
interface Met {
  readonly port: number;
  readonly host?: string;
  readonly minimumTlsVersion?: 'TLS_1_3';
  readonly settings?: MailSettings;
}

interface Situation {
  readonly what: string;
  readonly meet: (protocol: Protocol, security: Security) => Promise<Met>;
  /** The stage that fails and its code; null where the situation cannot be. */
  readonly verdict: (protocol: Protocol, security: Security) => string | null;
}

const securities = ['IMPLICIT', 'REQUIRED', 'OPPORTUNISTIC', 'DISABLED'] as const;
const always = (verdict: string) => () => verdict;
const behind = (server: Promise<FakeServer>): Promise<Met> => server.then(({ port }) => ({ port }));
const by = <Value>(protocol: Protocol, each: Readonly<Record<Protocol, Value>>): Value => each[protocol];

const loginVerbs = { smtp: 'AUTH PLAIN', imap: 'LOGIN', pop3: 'PASS' } as const;

/** A server that does what it is asked, over TLS or not as the account wants it, but for what is said otherwise. */
function server(
  protocol: Protocol,
  security: Security,
  {
    tls = good,
    answers = {},
    offers = passwordOffers[protocol],
    greeting,
  }: { tls?: object; answers?: Readonly<Record<string, Answer>>; offers?: readonly string[]; greeting?: string } = {},
): Promise<Met> {
  const upgrades = security === 'REQUIRED' || security === 'OPPORTUNISTIC';
  return behind(
    servers[protocol]({
      ...(greeting === undefined ? {} : { greeting }),
      answers,
      offers: [...(upgrades ? [startTlsOffer[protocol]] : []), ...offers],
      ...(security === 'IMPLICIT' ? { implicit: tls } : {}),
      ...(upgrades ? { startTls: tls } : {}),
    }),
  );
}

const resolvingTo = (...addresses: readonly string[]): MailSettings => ({ ...settings, resolver: () => Promise.resolve(addresses) });
const unresolved = (code: string): MailSettings => ({ ...settings, resolver: () => Promise.reject(Object.assign(new Error('no'), { code })) });

/** Only where there is TLS. */
const atHandshake =
  (code: string): Situation['verdict'] =>
  (_, security) =>
    security === 'DISABLED' ? null : `${security === 'IMPLICIT' ? 'TLS' : 'STARTTLS'} ${code}`;
const atFirstWord =
  (implicit: string, clear: string): Situation['verdict'] =>
  (_, security) =>
    security === 'IMPLICIT' ? `TLS ${implicit}` : `GREETING ${clear}`;
const atLogin = (code: string) => always(`AUTHENTICATION ${code}`);

const situations: readonly Situation[] = [
  { what: 'all is well', meet: server, verdict: always('passed') },
  { what: 'nothing listens', meet: async () => ({ port: (await freePorts(1))[0] ?? 0 }), verdict: always('CONNECT CONNECTION_REFUSED') },
  {
    what: 'the name has no address',
    meet: async () => ({ port: 25, host: 'mail.example', settings: unresolved('ENOTFOUND') }),
    verdict: always('DNS DNS_FAILED'),
  },
  {
    what: 'the name cannot be looked up for now',
    meet: async () => ({ port: 25, host: 'mail.example', settings: unresolved('EAI_AGAIN') }),
    verdict: always('DNS DNS_TEMPORARY'),
  },
  {
    what: 'the name leads to a metadata service',
    meet: async () => ({ port: 25, host: 'mail.example', settings: resolvingTo('169.254.169.254') }),
    verdict: always('CONNECT EGRESS_DENIED'),
  },
  {
    what: 'the server closes at once',
    meet: () => behind(fakeServer((socket) => void socket.end())),
    verdict: atFirstWord('TLS_HANDSHAKE_FAILED', 'CONNECTION_CLOSED'),
  },
  {
    what: 'the server says nothing',
    meet: async () => ({ ...(await behind(fakeServer(() => undefined))), settings: impatient }),
    verdict: atFirstWord('TIMEOUT', 'TIMEOUT'),
  },
  {
    what: 'something else listens there',
    meet: () => behind(fakeServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n'))),
    // Whatever it is, it does not speak TLS.
    verdict: atFirstWord('TLS_NOT_SPOKEN_ON_PORT', 'PROTOCOL_ERROR'),
  },
  {
    what: 'another mail protocol is spoken there',
    meet: (protocol) => behind(protocol === 'smtp' ? servers.imap() : servers.smtp()),
    verdict: atFirstWord('TLS_NOT_SPOKEN_ON_PORT', 'PROTOCOL_ERROR'),
  },
  {
    what: 'the port expects TLS from the start',
    meet: async (protocol) => ({ ...(await behind(servers[protocol]({ implicit: good }))), settings: hurried }),
    verdict: (_, security) => (security === 'IMPLICIT' ? null : 'GREETING TLS_REQUIRED_ON_PORT'),
  },
  { what: 'no known CA is behind the certificate', meet: (...how) => server(...how, { tls: untrusted }), verdict: atHandshake('CERTIFICATE_UNTRUSTED') },
  { what: 'the certificate has expired', meet: (...how) => server(...how, { tls: expired }), verdict: atHandshake('CERTIFICATE_EXPIRED') },
  { what: 'the certificate is not valid yet', meet: (...how) => server(...how, { tls: notYetValid }), verdict: atHandshake('CERTIFICATE_NOT_YET_VALID') },
  { what: 'the certificate is for another host', meet: (...how) => server(...how, { tls: wrongHost }), verdict: atHandshake('CERTIFICATE_HOSTNAME_MISMATCH') },
  { what: 'the server speaks TLS 1.1 at most', meet: (...how) => server(...how, { tls: upTo11 }), verdict: atHandshake('TLS_VERSION_TOO_LOW') },
  {
    what: 'the server speaks TLS 1.2 and the account asks for 1.3',
    meet: async (...how) => ({ ...(await server(...how, { tls: only12 })), minimumTlsVersion: 'TLS_1_3' }),
    verdict: atHandshake('TLS_VERSION_TOO_LOW'),
  },
  {
    what: 'STARTTLS is not offered, or somebody takes it away',
    meet: (protocol) => behind(servers[protocol]({ offers: passwordOffers[protocol] })),
    verdict: (_, security) => (security === 'REQUIRED' ? 'STARTTLS STARTTLS_NOT_OFFERED' : security === 'OPPORTUNISTIC' ? 'passed' : null),
  },
  {
    what: 'the server is closed for now',
    meet: (protocol, security) =>
      server(protocol, security, {
        greeting: by(protocol, { smtp: '421 4.3.2 too busy', imap: '* BYE [UNAVAILABLE] too busy', pop3: '-ERR [SYS/TEMP] too busy' }),
      }),
    verdict: always('GREETING SERVER_TEMPORARILY_UNAVAILABLE'),
  },
  {
    what: 'the server does not want to talk',
    meet: (protocol, security) =>
      server(protocol, security, { greeting: by(protocol, { smtp: '554 5.7.1 not you', imap: '* BYE not you', pop3: '-ERR not you' }) }),
    verdict: always('GREETING SERVER_REFUSED_SESSION'),
  },
  {
    what: 'the password is wrong',
    meet: (protocol, security) =>
      server(protocol, security, {
        answers: {
          [loginVerbs[protocol]]: by(protocol, { smtp: '535 5.7.8 wrong', imap: '${tag} NO [AUTHENTICATIONFAILED] wrong', pop3: '-ERR [AUTH] wrong' }),
        },
      }),
    verdict: atLogin('AUTHENTICATION_FAILED'),
  },
  {
    what: 'nobody can be let in for now',
    meet: (protocol, security) =>
      server(protocol, security, {
        answers: { [loginVerbs[protocol]]: by(protocol, { smtp: '454 4.7.0 later', imap: '${tag} NO [UNAVAILABLE] later', pop3: '-ERR [IN-USE] later' }) },
      }),
    verdict: atLogin('SERVER_TEMPORARILY_UNAVAILABLE'),
  },
  {
    what: 'no password is taken',
    meet: (protocol, security) =>
      server(protocol, security, { offers: by(protocol, { smtp: ['AUTH GSSAPI'], imap: ['LOGINDISABLED', 'AUTH=GSSAPI'], pop3: ['SASL GSSAPI'] }) }),
    verdict: atLogin('AUTHENTICATION_NOT_OFFERED'),
  },
  {
    what: 'the connection is cut during the login',
    meet: (protocol, security) => server(protocol, security, { answers: { [loginVerbs[protocol]]: (socket) => void socket.destroy() } }),
    verdict: atLogin('CONNECTION_CLOSED'),
  },
  {
    what: 'the way ends behind the login',
    meet: (protocol, security) =>
      server(protocol, security, {
        answers: by<Readonly<Record<string, Answer>>>(protocol, {
          smtp: { RCPT: '550 5.1.1 unknown' },
          imap: { EXAMINE: '${tag} NO [NONEXISTENT] none', SELECT: '${tag} NO [NONEXISTENT] none' },
          pop3: { STAT: '-ERR [SYS/TEMP] locked', UIDL: '-ERR [SYS/TEMP] locked' },
        }),
      }),
    verdict: (protocol) =>
      by(protocol, { smtp: 'RECIPIENT RECIPIENT_REFUSED', imap: 'MAILBOX MAILBOX_NOT_FOUND', pop3: 'MAILBOX SERVER_TEMPORARILY_UNAVAILABLE' }),
  },
];

const cases = situations.flatMap(({ what, meet, verdict }) =>
  protocols.flatMap((protocol) =>
    securities.flatMap((security) => {
      const expected = verdict(protocol, security);
      return expected === null ? [] : [{ what, protocol, security, expected, meet: () => meet(protocol, security) }];
    }),
  ),
);

describe.concurrent('a connection test says what sending and receiving then come to', () => {
  it.each(cases)('$protocol $security, $what: $expected', async ({ protocol, security, expected, meet }) => {
    const { settings: mail = settings, ...server } = await meet();
    const subject = subjectOf(protocol, { ...server, security });
    expect(failureIn(await stagesOf(subject, mail))).toBe(expected);
    const code = 'sender' in subject ? await sending(subject.sender, mail) : await receiving(subject.receiver, mail);
    expect(code).toBe(expected === 'passed' ? 'OK' : expected.slice(expected.indexOf(' ') + 1));
  });

  it('in more than 120 cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(120);
  });
});

/** One for all cases with the same settings: its TLS contexts are costly to build. */
const ways = new WeakMap<MailSettings, { readonly road: Road; readonly send: SendMail }>();

function wayOf(mail: MailSettings): { readonly road: Road; readonly send: SendMail } {
  const way = ways.get(mail) ?? { road: roadOf(mail), send: messageSender(mail) };
  ways.set(mail, way);
  return way;
}

/** The code that a message comes to. */
async function sending(account: SmtpSubject, mail: MailSettings): Promise<string> {
  const message = { to: account.settings.identity.emailAddress, messageId: '<matrix@lab.test>', accountId: 'matrix' };
  return (await wayOf(mail).send(account, message, new AbortController().signal)).code;
}

/** The code that looking for mail comes to. */
async function receiving(account: MailboxSubject, mail: MailSettings): Promise<string> {
  const { road } = wayOf(mail);
  const deadline = new Deadline(road.deadlineMilliseconds, new AbortController().signal);
  try {
    const mailbox = await openWatchedMailbox(account, new StageRun('RECEIVER', [], account.settings.connection.port, [], () => undefined), road, deadline);
    await mailbox.find('<matrix@lab.test>');
    await mailbox.end();
    return 'OK';
  } catch (error) {
    return error instanceof StageFailed ? error.stage.code : failureOf(error, []).code;
  } finally {
    deadline.end();
  }
}
