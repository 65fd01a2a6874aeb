import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseConnectionString } from '../../src/event-store/kurrentdb.js';
import { grantStoreAccess } from '../../src/start/store-commands.js';
import { grantAccess } from '../../src/start/store-grant.js';
import { operator } from '../../src/start/store-operator.js';
import { certificateAuthority } from '../mail/lab/certificate-authority.js';
import { startKurrentDbDouble, type KurrentDbDouble } from '../event-store/kurrentdb-double/kurrentdb-double.js';

async function started(): Promise<KurrentDbDouble> {
  const double = await startKurrentDbDouble();
  onTestFinished(() => double.stop());
  return double;
}

function written(double: KurrentDbDouble, streamId: string, type: string, data: Record<string, unknown>): void {
  const event = { id: randomUUID(), type, contentType: 'application/json', data: Buffer.from(JSON.stringify(data)), metadata: Buffer.alloc(0) };
  double.log.append(streamId, 'any', [event], Date.now());
}

const newest = (double: KurrentDbDouble, streamId: string): unknown => JSON.parse(double.log.read(streamId).at(-1)?.data.toString() ?? 'null');
const grant = (double: KurrentDbDouble) => grantAccess(operator(double.connectionString(), 'admin'), 'postledger');

describe('granting the access that the service needs', () => {
  it('lets its user read $all beside the administrators, and does nothing when asked again', async () => {
    const double = await started();
    expect(await grant(double)).toEqual(['read $all']);
    expect(newest(double, '$$$all')).toEqual({ $acl: { $r: ['$admins', 'postledger'], $mr: '$admins', $mw: '$admins' } });
    expect(await grant(double)).toEqual([]);
  });

  it('takes nothing from anybody who has access already', async () => {
    const double = await started();
    written(double, '$$$all', '$metadata', { own: 1, $acl: { $r: ['$admins', 'auditors'], $mw: 'anna' } });
    await grant(double);
    expect(newest(double, '$$$all')).toEqual({ own: 1, $acl: { $r: ['$admins', 'auditors', 'postledger'], $mw: 'anna' } });
  });

  it('adds its user to the rights to streams where others are shut out, and leaves rights that are open to all', async () => {
    const double = await started();
    const others = { $systemStreamAcl: { $r: '$admins' } };
    written(double, '$settings', 'update-default-acl', { ...others, $userStreamAcl: { $r: 'billing', $w: ['billing'], $d: '$all', $mr: 'postledger' } });
    expect(await grant(double)).toHaveLength(2);
    expect(newest(double, '$settings')).toEqual({
      ...others,
      $userStreamAcl: { $r: ['billing', 'postledger'], $w: ['billing', 'postledger'], $d: '$all', $mr: 'postledger' },
    });
    expect(await grant(double)).toEqual([]);
  });
});

describe('postledger store grant', () => {
  it('leaves a record in the log of who granted what to whom, and none where there was nothing to grant', async () => {
    const authority = certificateAuthority('Event store CA');
    const { certificate, key } = authority.issue(['127.0.0.1']);
    const passwords = new Map([
      ['admin', 'changeit'],
      ['postledger', 'hunter2'],
    ]);
    const double = await startKurrentDbDouble({ users: passwords, tls: { certificate: Buffer.from(certificate), key: Buffer.from(key) } });
    const directory = mkdtempSync(join(tmpdir(), 'postledger-ca-'));
    writeFileSync(join(directory, 'ca.crt'), authority.certificate);
    vi.stubEnv('POSTLEDGER_OPS_PASSWORD', 'changeit');
    const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    onTestFinished(async () => {
      said.mockRestore();
      vi.unstubAllEnvs();
      await double.stop();
      rmSync(directory, { recursive: true });
    });
    const connectionString = `${double.connectionString('postledger:hunter2@')}&tlsCaFile=${encodeURIComponent(join(directory, 'ca.crt'))}`;
    const config = { eventStore: { engine: 'KURRENTDB', connectionString } } as const;
    for (let time = 0; time < 2; time++) await grantStoreAccess(config, { user: 'admin' });
    const recorded = double.log.records.filter(({ type }) => type === 'StoreAccessGranted');
    expect(recorded.map(({ data }) => JSON.parse(data.toString()) as object)).toEqual([{ operator: 'admin', storeUser: 'postledger', rights: ['read $all'] }]);
    expect(recorded.map(({ metadata }) => JSON.parse(metadata.toString()) as object)).toMatchObject([
      { actor: { kind: 'COMMAND_LINE' }, command: 'store grant' },
    ]);
    expect(JSON.stringify(said.mock.calls) + String(double.log.records.map(({ data }) => data.toString()))).not.toMatch(/changeit|hunter2/);
  });
});

describe('the password of an operator', () => {
  it('comes from the environment alone, and is asked for where the servers have users', () => {
    expect(parseConnectionString('kurrentdb://postledger:x@127.0.0.1').tls).toBe(true);
    expect(() => operator('kurrentdb://postledger:x@127.0.0.1', 'admin')).toThrow(/Set POSTLEDGER_OPS_PASSWORD to the password of admin/);
  });
});
