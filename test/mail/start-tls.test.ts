import type { Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { failureIn } from './accounts.js';
import { closeFakeServers, type FakeServer } from './lab/fake-server.js';
import { good, passwordOffers, protocols, servers, startTlsOffer, test } from './situations.js';

afterAll(closeFakeServers);

describe.each(protocols)('%s: STARTTLS', (protocol) => {
  const sentAnyPassword = (server: FakeServer) => /AUTH|LOGIN|USER|PASS/i.test(server.received());
  const upgrade = startTlsOffer[protocol];
  const answering = (smtp: string, imap: string, pop3: string) => ({ smtp, imap, pop3 })[protocol];

  it('not offered and required: nobody logs in', async () => {
    const server = await servers[protocol]();
    expect(failureIn(await test(protocol, server.port, 'REQUIRED'))).toBe('STARTTLS STARTTLS_NOT_OFFERED');
    expect(sentAnyPassword(server)).toBe(false);
  });

  it('not offered and not required: goes on in clear text, with a warning', async () => {
    const server = await servers[protocol]();
    const stages = await test(protocol, server.port, 'OPPORTUNISTIC');
    expect(failureIn(stages)).toBe('passed');
    expect(stages.find(({ stage }) => stage === 'STARTTLS')).toMatchObject({ outcome: 'WARNED', code: 'STARTTLS_NOT_OFFERED' });
    expect(sentAnyPassword(server)).toBe(true);
  });

  it('offered and refused: nobody logs in', async () => {
    for (const security of ['REQUIRED', 'OPPORTUNISTIC'] as const) {
      const server = await servers[protocol]({ offers: [upgrade], answers: { [upgrade]: answering('502 5.5.1 no', '${tag} NO no', '-ERR no') } });
      expect(failureIn(await test(protocol, server.port, security))).toBe('STARTTLS STARTTLS_NOT_OFFERED');
      expect(sentAnyPassword(server)).toBe(false);
    }
  });

  it('offered and not possible for now', async () => {
    const server = await servers[protocol]({
      offers: [upgrade],
      answers: { [upgrade]: answering('454 4.7.0 TLS not available', '${tag} NO [UNAVAILABLE] not now', '-ERR [SYS/TEMP] not now') },
    });
    expect(failureIn(await test(protocol, server.port, 'REQUIRED'))).toBe('STARTTLS SERVER_TEMPORARILY_UNAVAILABLE');
  });

  it('with something put in before TLS: nobody logs in', async () => {
    const server = await servers[protocol]({
      offers: [upgrade],
      answers: {
        [upgrade]: (socket: Socket, line: string) =>
          void socket.write(answering('220 go\r\n250 put in\r\n', `${line.split(' ')[0]} OK go\r\n* CAPABILITY IMAP4rev1\r\n`, '+OK go\r\n+OK put in\r\n')),
      },
    });
    expect(failureIn(await test(protocol, server.port, 'REQUIRED'))).toBe('STARTTLS PROTOCOL_ERROR');
    expect(sentAnyPassword(server)).toBe(false);
  });

  it('what was said in clear text counts no more: somebody on the way could have said it', async () => {
    const server = await servers[protocol]({
      // For IMAP a greeting can carry the capabilities; for SMTP they are in the first EHLO.
      ...(protocol === 'imap' ? { greeting: '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] fake' } : {}),
      offers: [upgrade, ...passwordOffers[protocol]],
      startTls: good,
    });
    expect(failureIn(await test(protocol, server.port, 'REQUIRED'))).toBe('passed');
    expect(server.received()).toMatch(
      { smtp: /EHLO.*STARTTLS.*EHLO.*AUTH/s, imap: /CAPABILITY.*STARTTLS.*CAPABILITY.*LOGIN/s, pop3: /CAPA.*STLS.*CAPA.*USER/s }[protocol],
    );
  });

  it('switched off: not used though offered', async () => {
    const server = await servers[protocol]({ offers: [upgrade, ...passwordOffers[protocol]], startTls: good });
    const stages = await test(protocol, server.port, 'DISABLED');
    expect(failureIn(stages)).toBe('passed');
    expect(stages.map(({ stage }) => stage)).not.toContain('STARTTLS');
    expect(server.received()).not.toContain(upgrade);
  });
});
