import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { once, startHttpService, type HttpService } from './http-service.js';

let service: HttpService;
beforeAll(async () => {
  service = await startHttpService();
});
afterAll(() => service.stop());

describe('probes', () => {
  it('say that the process answers', async () => {
    const response = await fetch(new URL('/livez', service.url));
    expect([response.status, await response.json()]).toEqual([200, { status: 'alive' }]);
  });

  it('say whether it can serve, and what is in the way', async () => {
    const ready = await fetch(new URL('/readyz', service.url));
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', detail: { accounts: 'CURRENT' } }]);
    service.readiness.ready = false;
    const notReady = await fetch(new URL('/readyz', service.url));
    expect([notReady.status, await notReady.json()]).toEqual([503, { status: 'not ready', detail: { accounts: 'STOPPED' } }]);
  });
});

describe('metrics', () => {
  const metrics = async () => (await fetch(new URL('/metrics', service.url))).text();
  const sample = async (name: string) =>
    Number(
      (await metrics())
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    );

  it('count requests by operation and outcome, and errors by code', async () => {
    const requests = 'postledger_request_duration_seconds_count{transport="http",operation="query",outcome="ok"}';
    const errors = 'postledger_graphql_errors_total{code="GRAPHQL_VALIDATION_FAILED"}';
    await service.query('{ __typename }');
    const before = [await sample(requests), await sample(errors)];
    await service.query('query Secretive { viewer { role } }');
    await service.query('{ nothing }');
    expect([await sample(requests), await sample(errors)]).toEqual([Number(before[0]) + 1, Number(before[1]) + 1]);
  });

  it('count open WebSockets', async () => {
    expect(await sample('postledger_websocket_connections')).toBe(0);
    const client = service.connect();
    await once(client, '{ __typename }');
    expect(await sample('postledger_websocket_connections')).toBe(1);
    await client.dispose();
    await expect.poll(() => sample('postledger_websocket_connections')).toBe(0);
  });

  it('tell of the process, and nothing of what was asked or by whom', async () => {
    const text = await metrics();
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toMatch(/Secretive|admin-token|127\.0\.0\.1/);
  });
});
