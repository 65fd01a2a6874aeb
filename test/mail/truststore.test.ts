import { afterAll, describe, expect, it } from 'vitest';
import type { TrustedRoots } from '../../src/mail/mail-port.js';
import { TlsContexts } from '../../src/mail/tls-context.js';
import { failureIn, receiver, sender, stagesOf } from './accounts.js';
import { certificateAuthority } from './lab/certificate-authority.js';
import { closeFakeServers, imapServer, smtpServer } from './lab/fake-server.js';
import { good, settings } from './situations.js';

afterAll(closeFakeServers);

const day = 24 * 3_600_000;
const root = certificateAuthority('Plant 7 Root');
const intermediate = root.subordinate('Plant 7 Issuing CA');
const own = intermediate.issue(['127.0.0.1']);
/** As servers are set up: the root is left out. */
const chain = { cert: own.certificate + intermediate.certificate, key: own.key };

let keys = 0;
const trusting = (certificates: readonly string[], includeSystemRoots = false): TrustedRoots => ({ key: `test ${keys++}`, certificates, includeSystemRoots });
const asked = async (tls: object, trust: TrustedRoots | null) => {
  const { port } = await imapServer({ implicit: tls });
  return failureIn(await stagesOf({ receiver: { ...receiver({ port, security: 'IMPLICIT', truststore: 'plant-7' }), trust } }, settings));
};

describe('the TLS contexts', () => {
  it('are one for each truststore, version of it and floor, and a bounded number', () => {
    const contexts = new TlsContexts([]);
    const trust = trusting([root.certificate]);
    const first = contexts.from('TLSv1.2', trust);
    expect(contexts.from('TLSv1.2', { ...trust })).toBe(first);
    expect(contexts.from('TLSv1.3', trust)).not.toBe(first);
    expect(contexts.from('TLSv1.2', { ...trust, key: 'next version' })).not.toBe(first);
    const kept = contexts.from('TLSv1.2', { ...trust, key: 'in use' });
    for (let others = 0; others < 150; others++) {
      contexts.from('TLSv1.2', trusting([]));
      contexts.from('TLSv1.2', { ...trust, key: 'in use' });
    }
    expect(contexts.from('TLSv1.2', { ...trust, key: 'in use' })).toBe(kept);
    expect(contexts.from('TLSv1.2', trust)).not.toBe(first);
  });
});

describe('a connection with a truststore', () => {
  it.each([
    ['the root', [root.certificate]],
    ['the intermediate CA, which is what the server shows', [intermediate.certificate]],
    ["the server's own certificate", [own.certificate]],
    ['all of them', [root.certificate, intermediate.certificate, own.certificate]],
  ])('is made when it holds %s', async (_what, certificates) => expect(await asked(chain, trusting(certificates))).toBe('passed'));

  it('trusts nobody else: not what the system trusts, and not another server of the same name', async () => {
    expect(await asked(chain, trusting([certificateAuthority('Plant 7 Root').certificate]))).toBe('TLS CERTIFICATE_UNTRUSTED');
    expect(await asked(chain, trusting([intermediate.issue(['127.0.0.1']).certificate]))).toBe('TLS CERTIFICATE_UNTRUSTED');
    expect(await asked(good, trusting([root.certificate]))).toBe('TLS CERTIFICATE_UNTRUSTED');
  });

  it('trusts nobody when it is empty, and what the system trusts only when it says so', async () => {
    expect(await asked(chain, trusting([]))).toBe('TLS CERTIFICATE_UNTRUSTED');
    expect(await asked(good, trusting([]))).toBe('TLS CERTIFICATE_UNTRUSTED');
    expect(await asked(good, trusting([], true))).toBe('passed');
    expect(await asked(chain, trusting([root.certificate], true))).toBe('passed');
  });

  it('checks host name and dates of a certificate that is trusted itself', async () => {
    const elsewhere = root.issue(['other.example']);
    expect(await asked({ cert: elsewhere.certificate, key: elsewhere.key }, trusting([elsewhere.certificate]))).toBe('TLS CERTIFICATE_HOSTNAME_MISMATCH');
    const old = root.issue(['127.0.0.1'], { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) });
    for (const certificates of [[old.certificate], [root.certificate]])
      expect(await asked({ cert: old.certificate, key: old.key }, trusting(certificates))).toBe('TLS CERTIFICATE_EXPIRED');
  });

  it('is made with TLS 1.1 where the account allows it, and warns of it every time', async () => {
    const tls = { ...chain, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const [implicit, upgrading] = [await imapServer({ implicit: tls }), await smtpServer({ offers: ['STARTTLS', 'AUTH PLAIN LOGIN'], startTls: tls })];
    const account = { truststore: 'plant-7', minimumTlsVersion: 'TLS_1_0' } as const;
    const trust = trusting([root.certificate]);
    const stages = await stagesOf(
      {
        receiver: { ...receiver({ ...account, port: implicit.port, security: 'IMPLICIT' }), trust },
        sender: { ...sender({ ...account, port: upgrading.port, security: 'REQUIRED' }), trust },
      },
      settings,
    );
    expect(failureIn(stages)).toBe('passed');
    const secured = stages.filter(({ tls: session }) => session !== null);
    expect(secured.map(({ stage, outcome, code }) => `${stage} ${outcome} ${code}`).sort()).toEqual([
      'STARTTLS WARNED TLS_VERSION_TOO_LOW',
      'TLS WARNED TLS_VERSION_TOO_LOW',
    ]);
    for (const { tls: session, hint } of secured) {
      expect(session).toMatchObject({ version: 'TLSv1.1', trusted: true });
      expect(hint).toContain('TLS_1_2');
    }
  });
});
