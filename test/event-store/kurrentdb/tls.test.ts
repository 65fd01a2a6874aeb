import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { StoreUnavailable } from '../../../src/event-store/event-store.js';
import { openKurrentDbEventStore } from '../../../src/event-store/kurrentdb.js';
import { certificateAuthority, type CertificateAuthority } from '../../mail/lab/certificate-authority.js';
import { collect, follow, newEvent } from '../contract.js';
import { startKurrentDbDouble } from '../kurrentdb-double/kurrentdb-double.js';

async function openOverTls({ login, trusted, nodes = 1 }: { login: string; trusted?: CertificateAuthority; nodes?: number }) {
  const authority = certificateAuthority('Event store CA');
  const { certificate, key } = authority.issue(['127.0.0.1', 'localhost']);
  const users = new Map([['postledger', 'p@ss:word']]);
  const double = await startKurrentDbDouble({ nodes, users, tls: { certificate: Buffer.from(certificate), key: Buffer.from(key) } });
  const directory = await mkdtemp(join(tmpdir(), 'postledger-ca-'));
  const file = join(directory, 'ca.crt');
  await writeFile(file, (trusted ?? authority).certificate);
  const connectionString = `${double.connectionString(login)}&tlsCaFile=${encodeURIComponent(file)}`;
  const store = await openKurrentDbEventStore({ connectionString, operationMilliseconds: 1_500, attemptMilliseconds: 1_000 });
  onTestFinished(async () => {
    await store.close();
    await double.stop();
    await rm(directory, { recursive: true });
  });
  return store;
}

describe('over TLS', () => {
  it.each([1, 3])('a store of %i node(s) logs in, appends, reads and follows', async (nodes) => {
    const store = await openOverTls({ login: 'postledger:p%40ss%3Aword@', nodes });
    await store.appendToStream('a-1', [newEvent()], 'no_stream');
    expect(await collect(store.readStream('a-1'))).toHaveLength(1);
    const following = follow(store, {});
    await following.until(({ kind }) => kind === 'event');
    await following.end();
  });

  it('a wrong password is named as that, and shown to nobody', async () => {
    const store = await openOverTls({ login: 'postledger:guessed@' });
    const refused = await store.appendToStream('a-1', [newEvent()], 'any').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreUnavailable);
    expect(String(refused)).toContain('wrong user or password');
    expect(JSON.stringify(refused) + String(refused)).not.toContain('guessed');
  });

  it.each([1, 3])('a certificate of another authority keeps %i node(s) out of reach, and nothing is sent', async (nodes) => {
    const store = await openOverTls({ login: 'postledger:p%40ss%3Aword@', trusted: certificateAuthority('Another CA'), nodes });
    const refused = await store.appendToStream('a-1', [newEvent()], 'any').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreUnavailable);
    expect(String(refused)).toMatch(/certificate/);
  });
});
