import { expect, it } from 'vitest';
import { AuthenticationFailures } from '../../src/commands/authentication-failures.js';
import type { Call } from '../../src/commands/change.js';
import { anonymousActor } from '../../src/domain/access/actor.js';

function callFrom(ip: string): Call {
  return { actor: anonymousActor, role: 'VIEWER', tokenId: null, requestId: 'r', correlationId: 'c', ip, userAgent: null, clientName: null };
}

function recording(fault?: Error) {
  const recorded: { ip: string | null; cause: string; tokenId: string | null; count: number }[] = [];
  const faults: unknown[] = [];
  const failures = new AuthenticationFailures(
    {
      authenticationFailed: (call, cause, tokenId, count) => {
        recorded.push({ ip: call.ip, cause, tokenId, count });
        return fault ? Promise.reject(fault) : Promise.resolve({ revision: 0n, position: 0n });
      },
    },
    (error) => faults.push(error),
  );
  return { failures, recorded, faults };
}

it('records the first failure of an address, cause and token at once, and the further ones together with their count', async () => {
  const { failures, recorded } = recording();
  for (let n = 0; n < 500; n++) failures.add(callFrom('192.0.2.1'), 'UNKNOWN', null);
  failures.add(callFrom('192.0.2.2'), 'UNKNOWN', null);
  failures.add(callFrom('192.0.2.1'), 'EXPIRED', 'tok1');
  failures.add(callFrom('192.0.2.1'), 'EXPIRED', 'tok2');
  expect(recorded).toEqual([
    { ip: '192.0.2.1', cause: 'UNKNOWN', tokenId: null, count: 1 },
    { ip: '192.0.2.2', cause: 'UNKNOWN', tokenId: null, count: 1 },
    { ip: '192.0.2.1', cause: 'EXPIRED', tokenId: 'tok1', count: 1 },
    { ip: '192.0.2.1', cause: 'EXPIRED', tokenId: 'tok2', count: 1 },
  ]);
  await failures.stop();
  expect(recorded.slice(4)).toEqual([{ ip: '192.0.2.1', cause: 'UNKNOWN', tokenId: null, count: 499 }]);
});

it('leaves out none of a flood from many addresses, and takes bounded memory and writes for it', async () => {
  const { failures, recorded } = recording();
  for (let n = 0; n < 5_000; n++) failures.add(callFrom(`2001:db8::${n.toString(16)}`), 'MALFORMED', null);
  await failures.stop();
  expect(recorded.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
  expect(recorded.length).toBeLessThanOrEqual(1_002);
});

it('tells of a failure that could not be recorded', async () => {
  const fault = new Error('The disk is full.');
  const { failures, faults } = recording(fault);
  failures.add(callFrom('192.0.2.1'), 'REVOKED', null);
  await failures.stop();
  expect(faults).toEqual([fault]);
});

it('goes on counting an address by itself that was counted before there were too many', async () => {
  const { failures, recorded } = recording();
  for (let n = 0; n < 1_001; n++) failures.add(callFrom(`2001:db8::${n.toString(16)}`), 'UNKNOWN', null);
  for (let n = 0; n < 50; n++) failures.add(callFrom('2001:db8::0'), 'UNKNOWN', null);
  await failures.stop();
  expect(recorded.slice(1_001)).toEqual([{ ip: '2001:db8::0', cause: 'UNKNOWN', tokenId: null, count: 50 }]);
});
