import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';
import { startTestService, type TestService } from './service.js';

const day = 86_400_000;
const now = Math.floor(Date.now() / 1000) * 1000;
const inDays = (days: number) => new Date(now + days * day).toISOString();
const authority = certificateAuthority('Plant CA');
const certificate = (days: number) =>
  authority.issue([`server-${days}.example`], { notBefore: new Date(now - 300 * day), notAfter: new Date(now + days * day) }).certificate;
const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '');

describe('what comes to its end', () => {
  let service: TestService;
  const soon = certificate(5);
  const later = certificate(200);
  const expiring = async (withinDays?: number, token?: string) =>
    (
      await service.data<{
        expiring: readonly { subject: string; name: string; expiresAt: string; usedBy: string[]; certificate: { fingerprintSha256: string } | null }[];
      }>(
        'query ($days: Int! = 30) { expiring(withinDays: $days) { subject name expiresAt usedBy certificate { fingerprintSha256 } } }',
        withinDays === undefined ? {} : { days: withinDays },
        token === undefined ? {} : { token },
      )
    ).expiring;

  beforeAll(async () => {
    service = await startTestService();
    const { createTruststore } = await service.data<{ createTruststore: { errors: unknown[] } }>(
      'mutation ($input: CreateTruststoreInput!) { createTruststore(input: $input) { errors { code message } } }',
      { input: { name: 'Plant-7', pem: `${soon}\n${later}` } },
    );
    const { createAuthenticationProfile } = await service.data<{ createAuthenticationProfile: { errors: unknown[] } }>(
      'mutation ($input: CreateAuthenticationProfileInput!) { createAuthenticationProfile(input: $input) { errors { code message } } }',
      {
        input: {
          name: 'Contoso',
          grant: 'CLIENT_CREDENTIALS',
          preset: 'CUSTOM',
          tokenEndpoint: 'https://login.example/token',
          clientId: 'client',
          clientSecret: 'secret-of-contoso',
          clientSecretExpiresAt: inDays(20),
        },
      },
    );
    const { createEmailAccount } = await service.data<{ createEmailAccount: { errors: unknown[] } }>(
      'mutation ($input: CreateEmailAccountInput!) { createEmailAccount(input: $input) { errors { code message field } } }',
      {
        input: {
          accountId: 'Orders',
          accountName: 'Orders',
          sender: {
            smtp: {
              identity: { emailAddress: 'orders@example.com' },
              connection: { host: 'smtp.example.com', truststore: 'plant-7', authenticationProfile: 'contoso' },
            },
          },
        },
      },
    );
    expect([createTruststore, createAuthenticationProfile, createEmailAccount].flatMap(({ errors }) => errors)).toEqual([]);
  });
  afterAll(() => service.stop());

  it('is listed, the earliest first, with who stops working', async () => {
    expect((await expiring()).filter(({ subject }) => subject !== 'API_TOKEN')).toEqual([
      { subject: 'CERTIFICATE', name: 'Plant-7', expiresAt: inDays(5), usedBy: ['Orders'], certificate: { fingerprintSha256: fingerprint(soon) } },
      { subject: 'CLIENT_SECRET', name: 'Contoso', expiresAt: inDays(20), usedBy: ['Orders'], certificate: null },
    ]);
    expect((await expiring(10)).filter(({ subject }) => subject !== 'API_TOKEN').map(({ name }) => name)).toEqual(['Plant-7']);
    expect((await expiring(365)).filter(({ subject }) => subject === 'CERTIFICATE').map((each) => each.expiresAt)).toEqual([inDays(5), inDays(200)]);
    expect(await expiring(0)).toEqual([]);
  });

  it('of API tokens is told to those alone who may see them', async () => {
    expect((await expiring()).map(({ subject }) => subject)).toContain('API_TOKEN');
    const viewer = await service.tokenFor('VIEWER');
    expect((await expiring(30, viewer)).map(({ subject }) => subject)).toEqual(['CERTIFICATE', 'CLIENT_SECRET']);
  });

  it('is a warning on the accounts that work with it', async () => {
    const { emailAccount } = await service.data<{ emailAccount: { readiness: { warnings: { code: string; message: string; field: string[] }[] } } }>(
      '{ emailAccount(accountId: "orders") { readiness { warnings { code message field } } } }',
    );
    expect(emailAccount.readiness.warnings.filter(({ code }) => code.endsWith('_EXPIRING'))).toEqual([
      { code: 'CERTIFICATE_EXPIRING', message: expect.stringContaining(inDays(5)) as unknown, field: ['sender', 'connection', 'truststoreName'] },
      { code: 'SECRET_EXPIRING', message: expect.stringContaining(inDays(20)) as unknown, field: ['sender', 'connection', 'authenticationProfileName'] },
    ]);
  });

  it('is a figure for whoever watches the service', async () => {
    const metrics = await (await fetch(new URL('/metrics', service.url), { headers: { authorization: `Bearer ${service.adminToken}` } })).text();
    expect(metrics).toContain('postledger_expiring{subject="CERTIFICATE",within_days="7"} 1');
    expect(metrics).toContain('postledger_expiring{subject="CLIENT_SECRET",within_days="30"} 1');
    expect(metrics).not.toContain('postledger_expiring{subject="CLIENT_SECRET",within_days="7"}');
  });

  it('is recorded once, also over restarts', async () => {
    const recorded = async () =>
      (
        await service.data<{ auditTrail: { nodes: object[] } }>(
          '{ auditTrail(filter: { action: ["ExpiryApproached"] }) { nodes { entityType entityId actor { kind } ... on ExpiryApproachedEntry { subject withinDays fingerprintSha256 } } } }',
        )
      ).auditTrail.nodes;
    await service.restart();
    await expect.poll(recorded).toHaveLength(2);
    await service.restart();
    expect(await recorded()).toEqual([
      { entityType: 'Truststore', entityId: 'Plant-7', actor: { kind: 'SYSTEM' }, subject: 'CERTIFICATE', withinDays: 7, fingerprintSha256: fingerprint(soon) },
      {
        entityType: 'AuthenticationProfile',
        entityId: 'Contoso',
        actor: { kind: 'SYSTEM' },
        subject: 'CLIENT_SECRET',
        withinDays: 30,
        fingerprintSha256: null,
      },
    ]);
  });

  it('is no more once it was renewed or removed', async () => {
    await service.data('mutation ($input: RemoveCertificateInput!) { removeCertificate(input: $input) { errors { code } } }', {
      input: { truststore: 'Plant-7', fingerprintSha256: fingerprint(soon) },
    });
    await service.data('mutation ($input: ChangeAuthenticationProfileInput!) { changeAuthenticationProfile(input: $input) { errors { code message } } }', {
      input: { name: 'Contoso', clientSecret: 'another secret', clientSecretExpiresAt: inDays(300) },
    });
    expect((await expiring()).filter(({ subject }) => subject !== 'API_TOKEN')).toEqual([]);
    const { errors } = await service.query('{ expiring(withinDays: -1) { name } }');
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'withinDays' });
  });
});
