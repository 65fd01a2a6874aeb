import { auditServer } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startHttpService, type HttpService } from './http-service.js';

let service: HttpService;
beforeAll(async () => {
  service = await startHttpService();
});
afterAll(() => service.stop());

/** GETs without a header that another site could not send: CSRF prevention refuses them, and the specification leaves GET to the server (MAY). */
const refusedOnPurpose = [
  'MAY accept application/x-www-form-urlencoded formatted GET requests',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
  'MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
];

it('the audit of GraphQL over HTTP passes, but for three GETs that are refused on purpose', async () => {
  const results = await auditServer({
    url: service.url,
    fetchFn: (url: string, options: RequestInit = {}) => fetch(url, { ...options, headers: { ...options.headers, authorization: 'Bearer admin-token' } }),
  });
  expect(results).toHaveLength(61);
  const failed = results.filter(({ status }) => status !== 'ok').map(({ name }) => name);
  expect(failed.sort()).toEqual(refusedOnPurpose);
});
