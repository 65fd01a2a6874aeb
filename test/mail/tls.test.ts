import { afterAll, describe, expect, it } from 'vitest';
import type { TlsVersion } from '../../src/domain/email-account/settings.js';
import { failureIn, stagesOf } from './accounts.js';
import { closeFakeServers, fakeServer } from './lab/fake-server.js';
import {
  expired,
  good,
  notYetValid,
  only12,
  passwordOffers,
  protocols,
  servers,
  settings,
  startTlsOffer,
  subjectOf,
  test,
  untrusted,
  upTo11,
  wrongHost,
} from './situations.js';

afterAll(closeFakeServers);

describe.each(protocols)('%s: TLS', (protocol) => {
  it.each<[string, object, TlsVersion, string]>([
    ['a certificate of a private CA', untrusted, 'TLS_1_2', 'CERTIFICATE_UNTRUSTED'],
    ['an expired certificate', expired, 'TLS_1_2', 'CERTIFICATE_EXPIRED'],
    ['a certificate of the future', notYetValid, 'TLS_1_2', 'CERTIFICATE_NOT_YET_VALID'],
    ['a certificate for another host', wrongHost, 'TLS_1_2', 'CERTIFICATE_HOSTNAME_MISMATCH'],
    ['TLS 1.1 at most', upTo11, 'TLS_1_2', 'TLS_VERSION_TOO_LOW'],
    ['TLS 1.2 alone, and the account asks for 1.3', only12, 'TLS_1_3', 'TLS_VERSION_TOO_LOW'],
    ['TLS 1.1 at most, and the account allows that', upTo11, 'TLS_1_0', 'passed'],
    ['a good certificate', good, 'TLS_1_2', 'passed'],
  ])('%s', async (_, tls, minimum, code) => {
    const implicit = await servers[protocol]({ implicit: tls });
    expect(failureIn(await test(protocol, implicit.port, 'IMPLICIT', minimum))).toBe(code === 'passed' ? code : `TLS ${code}`);
    for (const security of ['REQUIRED', 'OPPORTUNISTIC'] as const) {
      const upgrading = await servers[protocol]({ offers: [startTlsOffer[protocol], ...passwordOffers[protocol]], startTls: tls });
      expect(failureIn(await test(protocol, upgrading.port, security, minimum))).toBe(code === 'passed' ? code : `STARTTLS ${code}`);
    }
  });

  it('shows the chain of a server that is not trusted, and offers no way around verification', async () => {
    const { port } = await servers[protocol]({ implicit: untrusted });
    const stages = await test(protocol, port, 'IMPLICIT');
    const failed = stages.find(({ outcome }) => outcome === 'FAILED');
    expect(failed?.tls).toMatchObject({ version: 'TLSv1.3', trusted: false });
    expect(failed?.tls?.certificates).toMatchObject([
      {
        subject: 'CN=127.0.0.1',
        issuer: 'CN=Strange CA',
        subjectAlternativeNames: ['IP Address:127.0.0.1'],
        isCertificateAuthority: false,
        pem: untrusted.cert,
      },
    ]);
    expect(failed?.tls?.certificates[0]?.fingerprintSha256).toMatch(/^[0-9A-F]{64}$/);
    for (const { message, hint } of stages)
      expect(`${message} ${hint}`).not.toMatch(/skip|ignore|disable|turn off|without (?:checking|verif)|allow (?:untrusted|self)|REJECT_UNAUTHORIZED/i);
    expect(failed?.hint).toContain('trustServerCertificate');
  });

  it('says what the server speaks', async () => {
    const { port } = await servers[protocol]({ implicit: upTo11 });
    const failed = (await test(protocol, port, 'IMPLICIT')).find(({ outcome }) => outcome === 'FAILED');
    expect(failed?.message).toContain('TLSv1.1');
  });

  it('names the session of a trusted server', async () => {
    const { port } = await servers[protocol]({ implicit: good });
    const tls = (await test(protocol, port, 'IMPLICIT')).find(({ stage }) => stage === 'TLS')?.tls;
    expect(tls).toMatchObject({ version: 'TLSv1.3', trusted: true, certificates: [{ pem: good.cert }] });
    expect(tls?.cipher).toMatch(/^TLS_/);
  });

  it('is not begun with a truststore that does not exist', async () => {
    const implicit = await fakeServer((socket, { heard }) => void socket.on('data', (data) => heard(data.toString('latin1'))));
    const account = { port: implicit.port, security: 'IMPLICIT', truststore: 'plant-7' } as const;
    expect(failureIn(await stagesOf(subjectOf(protocol, account), settings))).toBe('TLS TRUSTSTORE_MISSING');
    expect(implicit.received()).toBe('');
  });
});
