import { describe, expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { expiryMetrics, watchExpiries } from '../../src/start/expiry-watch.js';
import { MemoryLog } from '../projections/memory-log.js';
import { viewsOf } from '../projections/temporary-views.js';

const day = 86_400_000;
const now = new Date('2027-01-01T00:00:00.000Z');
/** More than are looked at together. */
const many = 1_250;
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const metadata = { schemaVersion: 1 };

function issueToken(log: MemoryLog, name: string, expiresAt: Date): void {
  const data = { id: name, name: 'ci', role: 'VIEWER', verifier: 'v', expiresAt: expiresAt.toISOString(), bootstrap: false };
  log.record(`apiToken-${name}`, [{ id: id(log.events.length), type: 'ApiTokenIssued', data, metadata }], new Date(now.getTime() - 90 * day));
}

function addCertificate(log: MemoryLog, truststore: string, notAfter: Date): void {
  const certificate = {
    fingerprintSha256: 'AB'.repeat(32),
    subject: `CN=${truststore}`,
    issuer: 'CN=Root',
    subjectAlternativeNames: [],
    serialNumber: '1',
    notBefore: '2026-01-01T00:00:00.000Z',
    notAfter: notAfter.toISOString(),
    isCertificateAuthority: true,
    pem: 'PEM',
  };
  log.record(`truststore-${truststore}`, [{ id: id(log.events.length), type: 'CertificateAdded', data: { name: truststore, certificate }, metadata }], now);
}

/** As the service does from its start on, until it has looked once at everything. */
async function watched(log: MemoryLog) {
  const views = await viewsOf(log);
  const watch = watchExpiries(
    log,
    views,
    () => now,
    (error) => expect.fail(String(error)),
  );
  await watch.stop();
  await views.settled();
  await expect.poll(() => views.statuses().every(({ position }) => position === BigInt(log.events.length))).toBe(true);
  return views;
}

const told = (log: MemoryLog, type: string) => log.events.filter((event) => event.type === type).map(({ streamId }) => streamId);

describe('however much has come to its end', () => {
  it('the end of every token is recorded, once; then it is listed and counted no more', async () => {
    const log = new MemoryLog();
    for (let n = 0; n < many; n++) issueToken(log, `tok${n}`, new Date(now.getTime() - (many - n) * 60_000));
    issueToken(log, 'standing', new Date(now.getTime() + day / 2));
    const views = await watched(log);
    await watched(log);
    const ended = told(log, 'ApiTokenExpired');
    expect([ended.length, new Set(ended).size]).toEqual([many, many]);
    expect(ended).not.toContain('apiToken-standing');
    expect(views.expiries.endingBefore(new Date(now.getTime() + day), 10).map(({ owner }) => owner.entityId)).toEqual(['standing']);
    const registry = new Registry();
    expiryMetrics(registry, views, () => now);
    const metrics = await registry.metrics();
    expect(metrics).toContain('postledger_expiring{subject="API_TOKEN",within_days="1"} 1');
    expect(metrics).not.toMatch(/^postledger_expiring.*within_days="0"/m);
  });

  it('every certificate is told of, those that end last as well, and those that ended stay counted', async () => {
    const log = new MemoryLog();
    for (let n = 0; n < many; n++) addCertificate(log, `plant-${n}`, new Date(now.getTime() - (many - n) * 60_000));
    addCertificate(log, 'Last', new Date(now.getTime() + 20 * day));
    const views = await watched(log);
    await watched(log);
    const approached = told(log, 'ExpiryApproached');
    expect([approached.length, new Set(approached).size]).toEqual([many + 1, many + 1]);
    expect(approached).toContain('expiry-CERTIFICATE-Truststore-last');
    expect(views.expiries.countBefore(now)).toEqual([{ subject: 'CERTIFICATE', count: many }]);
  });
});
