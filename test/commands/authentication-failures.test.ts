import { expect, it } from 'vitest';
import { AuthenticationFailures } from '../../src/commands/authentication-failures.js';
import type { Call } from '../../src/commands/change.js';
import { anonymousActor } from '../../src/domain/access/actor.js';

function callFrom(ip: string): Call {
  return { actor: anonymousActor, role: 'VIEWER', requestId: 'r', correlationId: 'c', ip, userAgent: null, clientName: null };
}

function recording(fault?: Error) {
  const recorded: { ip: string | null; cause: string; count: number }[] = [];
  const faults: unknown[] = [];
  const failures = new AuthenticationFailures(
    {
      authenticationFailed: (call, cause, count) => {
        recorded.push({ ip: call.ip, cause, count });
        return fault ? Promise.reject(fault) : Promise.resolve({ revision: 0n, position: 0n });
      },
    },
    (error) => faults.push(error),
  );
  return { failures, recorded, faults };
}

it('records the first failure of an address and cause at once, and the further ones together with their count', async () => {
  const { failures, recorded } = recording();
  for (let n = 0; n < 500; n++) failures.add(callFrom('192.0.2.1'), 'UNKNOWN');
  failures.add(callFrom('192.0.2.2'), 'UNKNOWN');
  failures.add(callFrom('192.0.2.1'), 'EXPIRED');
  expect(recorded).toEqual([
    { ip: '192.0.2.1', cause: 'UNKNOWN', count: 1 },
    { ip: '192.0.2.2', cause: 'UNKNOWN', count: 1 },
    { ip: '192.0.2.1', cause: 'EXPIRED', count: 1 },
  ]);
  await failures.stop();
  expect(recorded.slice(3)).toEqual([{ ip: '192.0.2.1', cause: 'UNKNOWN', count: 499 }]);
});

it('leaves out none of a flood from many addresses, and takes bounded memory and writes for it', async () => {
  const { failures, recorded } = recording();
  for (let n = 0; n < 5_000; n++) failures.add(callFrom(`2001:db8::${n.toString(16)}`), 'MALFORMED');
  await failures.stop();
  expect(recorded.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
  expect(recorded.length).toBeLessThanOrEqual(1_002);
});

it('tells of a failure that could not be recorded', async () => {
  const fault = new Error('The disk is full.');
  const { failures, faults } = recording(fault);
  failures.add(callFrom('192.0.2.1'), 'REVOKED');
  await failures.stop();
  expect(faults).toEqual([fault]);
});
