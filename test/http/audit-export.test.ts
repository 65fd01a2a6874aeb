import { get, type IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/event-store/event-store.js';
import { auditRow, recordingContext } from '../schema/recording-context.js';
import { startHttpService, type HttpService } from './http-service.js';

let service: HttpService;
beforeAll(async () => {
  service = await startHttpService();
});
afterAll(() => service.stop());

const { context } = recordingContext('ADMIN');

/** A trail of so many entries of a megabyte each, one a page, and how much of it was asked for. */
function largeTrail(entries: number, recording: Partial<typeof context.securityLog> = {}) {
  const trail = { megabytes: 0, beforeEach: () => {} };
  service.behave({
    securityLog: { ...context.securityLog, ...recording },
    auditTrail: {
      ...context.auditTrail,
      position: () => BigInt(entries),
      count: () => entries,
      tail: (_filter, after) => {
        const position = after < 0n ? 1n : after + 1n;
        if (position > BigInt(entries)) return { rows: [], reached: null };
        trail.beforeEach();
        trail.megabytes++;
        return { rows: [{ ...auditRow(position), data: { text: 'x'.repeat(1_000_000) } }], reached: position };
      },
    },
  });
  return trail;
}

const request = () =>
  new Promise<IncomingMessage>((resolve, reject) => {
    get(new URL('/audit/export', service.url), { headers: { authorization: 'Bearer admin-token' } }, resolve).on('error', reject);
  });

describe('an export', () => {
  it('waits for a slow reader rather than keeping what it has not sent in memory', async () => {
    const trail = largeTrail(64);
    const answer = await request();
    let [read, furthestAhead] = [0, 0];
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      read += chunk.length;
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      furthestAhead = Math.max(furthestAhead, trail.megabytes - read / 1e6);
    }
    expect([trail.megabytes, Math.floor(read / 1e6)]).toEqual([64, 64]);
    // What the sockets of the two sides hold, a few megabytes, is all that may be under way.
    expect(furthestAhead).toBeLessThan(16);
  });

  it('asks the trail for no more once its reader has gone', async () => {
    const trail = largeTrail(1_000);
    const answer = await request();
    const closed = new Promise((resolve) => answer.once('close', resolve));
    answer.destroy();
    await closed;
    await expect.poll(() => service.logged()).toContain('"path":"/audit/export","status":0');
    expect(trail.megabytes).toBeLessThan(32);
  });

  it('is cut off, not ended, once its token no longer stands', async () => {
    const trail = largeTrail(1_000);
    trail.beforeEach = () => {
      if (trail.megabytes === 3) service.revoked.add('admin-token');
    };
    const answer = await request();
    await expect(
      (async () => {
        for await (const _ of answer);
      })(),
    ).rejects.toThrow('aborted');
    expect([answer.complete, trail.megabytes < 10]).toEqual([false, true]);
    service.revoked.clear();
  });

  it('is not begun where it cannot be recorded', async () => {
    const trail = largeTrail(3, { auditExported: () => Promise.reject(new StoreUnavailable('The disk is full.')) });
    const answer = await fetch(new URL('/audit/export', service.url), { headers: { authorization: 'Bearer admin-token' } });
    expect([answer.status, await answer.json()]).toMatchObject([503, { errors: [{ extensions: { code: 'STORE_UNAVAILABLE' } }] }]);
    expect(trail.megabytes).toBe(0);
  });
});
