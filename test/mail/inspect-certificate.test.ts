import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import type { ServerTls } from '../../src/domain/truststore/mail-server.js';
import { certificateInspector } from '../../src/mail/inspect-certificate.js';
import { certificateAuthority } from './lab/certificate-authority.js';
import { closeFakeServers, fakeServer, type FakeServer } from './lab/fake-server.js';
import { expired, good, hurried, only12, protocols, servers, settings, startTlsOffer, untrusted, upTo11, wrongHost } from './situations.js';

afterAll(closeFakeServers);

const never = new AbortController().signal;
const inspector = certificateInspector(settings);
const inspect = ({ port }: Pick<FakeServer, 'port'>, security: ServerTls = 'TLS', host = '127.0.0.1') => inspector({ host, port, security }, never);
const upgrades = { smtp: 'SMTP_STARTTLS', imap: 'IMAP_STARTTLS', pop3: 'POP3_STLS' } as const;

describe.each(protocols)('the certificates of a server (%s)', (protocol) => {
  const offering = (tls: object) => servers[protocol]({ offers: [startTlsOffer[protocol]], startTls: tls });

  it.each([
    ['TLS', (tls: object) => servers[protocol]({ implicit: tls })],
    [upgrades[protocol], offering],
  ] as const)('are shown with what would keep an account from connecting: %s', async (security, server) => {
    expect(await inspect(await server(good), security)).toMatchObject({
      trusted: true,
      tlsVersion: 'TLSv1.3',
      problem: null,
      certificates: [{ pem: good.cert }],
    });
    const cases = { CERTIFICATE_UNTRUSTED: untrusted, CERTIFICATE_EXPIRED: expired, CERTIFICATE_HOSTNAME_MISMATCH: wrongHost };
    for (const [problem, tls] of Object.entries(cases)) {
      const inspection = await inspect(await server(tls), security);
      expect(inspection).toMatchObject({ trusted: false, tlsVersion: 'TLSv1.3', problem, certificates: [{ pem: tls.cert }] });
      expect(inspection.message).toMatch(/\.$/);
    }
  });

  it('are shown of a server that speaks too low a version as well, and its version is named', async () => {
    const inspection = await inspect(await offering(upTo11), upgrades[protocol]);
    expect(inspection).toMatchObject({ trusted: true, tlsVersion: 'TLSv1.1', problem: 'TLS_VERSION_TOO_LOW', certificates: [{ pem: good.cert }] });
    expect(inspection.message).toContain('TLSv1.1');
    const both = await inspect(await offering({ ...upTo11, ...untrusted }), upgrades[protocol]);
    expect(both).toMatchObject({ trusted: false, tlsVersion: 'TLSv1.1', problem: 'CERTIFICATE_UNTRUSTED', certificates: [{ pem: untrusted.cert }] });
    expect(both.message).toContain('TLSv1.1');
  });

  it('are asked for without a login', async () => {
    const server = await offering(good);
    await inspect(server, upgrades[protocol]);
    await server.allClosed();
    expect(server.received()).not.toMatch(/AUTH|LOGIN|USER|PASS/i);
  });

  it('are not to be had where the server does not offer TLS', async () => {
    expect(await inspect(await servers[protocol]({ offers: [] }), upgrades[protocol])).toMatchObject({
      trusted: false,
      tlsVersion: null,
      certificates: [],
      problem: 'STARTTLS_NOT_OFFERED',
    });
    expect(await inspect(await servers[protocol]({ offers: [] }), 'TLS')).toMatchObject({
      trusted: false,
      tlsVersion: null,
      problem: 'TLS_NOT_SPOKEN_ON_PORT',
    });
  });
});

describe('a look at a server', () => {
  it('shows the chain as it was sent, whatever protocol is spoken behind TLS', async () => {
    const intermediate = certificateAuthority('Plant 7 Root').subordinate('Plant 7 Issuing CA');
    const own = intermediate.issue(['127.0.0.1']);
    // Nobody greets here, as on a port for HTTPS.
    const server = await servers.imap({ implicit: { cert: own.certificate + intermediate.certificate, key: own.key }, greeting: () => undefined });
    const { certificates, problem } = await inspect(server);
    expect(problem).toBe('CERTIFICATE_UNTRUSTED');
    expect(certificates.map(({ subject, isCertificateAuthority }) => [subject, isCertificateAuthority])).toEqual([
      ['CN=127.0.0.1', false],
      ['CN=Plant 7 Issuing CA', true],
    ]);
    const silent = await servers.imap({ implicit: only12, greeting: () => undefined });
    expect(await inspect(silent)).toMatchObject({ trusted: true, tlsVersion: 'TLSv1.2', problem: null });
  });

  it('goes only where connections may go', async () => {
    const server = await servers.imap({ implicit: good });
    const guarded = certificateInspector({ ...settings, egress: { allowLoopback: false } });
    expect(await guarded({ host: '127.0.0.1', port: server.port, security: 'TLS' }, never)).toMatchObject({ problem: 'EGRESS_DENIED', certificates: [] });
    expect(server.connections()).toBe(0);
  });

  it('ends by itself, and with its caller, and leaves no connection', async () => {
    const mute = await fakeServer((socket) => void socket.resume());
    expect(await certificateInspector(hurried)({ host: '127.0.0.1', port: mute.port, security: 'TLS' }, never)).toMatchObject({ problem: 'TIMEOUT' });
    await mute.allClosed();
    const caller = new AbortController();
    const looking = inspector({ host: '127.0.0.1', port: mute.port, security: 'SMTP_STARTTLS' }, caller.signal);
    caller.abort();
    expect(await looking).toMatchObject({ problem: 'CANCELLED', trusted: false });
    await mute.allClosed();
  });

  it('says that nobody listens', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((closed) => listener.close(closed));
    expect(await inspect({ port })).toMatchObject({ problem: 'CONNECTION_REFUSED', trusted: false, tlsVersion: null, certificates: [] });
  });
});
