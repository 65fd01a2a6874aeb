import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConnectionString } from '../../src/event-store/kurrentdb.js';
import { grantAccess } from '../../src/start/store-grant.js';
import { operator } from '../../src/start/store-operator.js';
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

describe('the password of an operator', () => {
  it('comes from the environment alone, and is asked for where the servers have users', () => {
    expect(parseConnectionString('kurrentdb://postledger:x@127.0.0.1').tls).toBe(true);
    expect(() => operator('kurrentdb://postledger:x@127.0.0.1', 'admin')).toThrow(/Set POSTLEDGER_OPS_PASSWORD to the password of admin/);
  });
});
