import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RateLimited } from '../../src/commands/rate-limit.js';
import { CommandRefused } from '../../src/domain/decider.js';
import { recordingContext } from '../schema/recording-context.js';
import { startHttpService, type Answer, type HttpService } from './http-service.js';

const idle = recordingContext('ADMIN').context;
const find = 'query Find($id: ID!) { emailAccount(accountId: $id) { accountName } }';
const list = 'query ($first: Int) { emailAccounts(first: $first) { nodes { accountId } pageInfo { hasNextPage } } }';
const rename = 'mutation ($input: RenameEmailAccountInput!) { renameEmailAccount(input: $input) { errors { code } } }';
const several = `query One { viewer { role } } query Other { __typename }`;

/** A request by what makes it special; each goes to a document that other requests have made known. */
const requests: Readonly<Record<string, { readonly body: unknown; readonly headers?: Record<string, string> }>> = {
  'a query': { body: { query: list, variables: { first: 3 } } },
  'a query without variables': { body: { query: list } },
  'variables and extensions that are null': { body: { query: list, variables: null, extensions: null, operationName: null } },
  'a consistency token in the extensions': { body: { query: list, extensions: { consistencyToken: 'any' } } },
  'a field that fails': { body: { query: find, variables: { id: 'broken' } } },
  'a field that is refused': { body: { query: find, variables: { id: 'refused' } } },
  'a field that asks to wait': { body: { query: find, variables: { id: 'busy' } } },
  'a mutation that fails': { body: { query: rename, variables: { input: { accountId: 'Sales', accountName: 'Sales' } } } },
  'a field that the role may not use': { body: { query: '{ apiTokens { nodes { id } } }' }, headers: { authorization: 'Bearer viewer-token' } },
  'a variable of another type': { body: { query: list, variables: { first: 'three' } } },
  'a variable that is missing': { body: { query: find } },
  'variables that are no object': { body: { query: list, variables: [1] } },
  'variables in a text': { body: { query: list, variables: '{}' } },
  'extensions that are no object': { body: { query: list, extensions: 'none' } },
  'a persisted query': { body: { query: list, extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } } },
  'too large a page': { body: { query: list, variables: { first: 5_000 } } },
  'several requests in one': { body: [{ query: list }, { query: list }] },
  'no operation named': { body: { query: several } },
  'one of several operations': { body: { query: several, operationName: 'Other' } },
  'an operation that is not there': { body: { query: several, operationName: 'Third' } },
  'a name that is no text': { body: { query: several, operationName: 7 } },
  'a subscription': { body: { query: 'subscription { emailAccountChanged { accountId } }' } },
  'another media type of the answer': { body: { query: list }, headers: { accept: 'application/graphql-response+json' } },
  'a preference among media types': { body: { query: list }, headers: { accept: 'application/graphql-response+json;q=0.5, application/json' } },
  'variables that do not fit, from a client of today': { body: { query: find }, headers: { accept: 'application/graphql-response+json' } },
  'a media type that there is not': { body: { query: list }, headers: { accept: 'text/csv' } },
  'JSON with a charset': { body: { query: list }, headers: { 'content-type': 'application/json; charset=utf-8' } },
  'a body of another type': { body: { query: list }, headers: { 'content-type': 'text/plain' } },
};

describe('an operation whose document is known', () => {
  let service: HttpService;
  beforeAll(async () => {
    service = await startHttpService();
    service.behave({
      accounts: {
        ...idle.accounts,
        find: (accountId) => {
          if (accountId === 'broken') throw new Error('The disk is on fire.');
          if (accountId === 'refused') throw new CommandRefused([{ code: 'NOT_FOUND', message: 'There is none.', field: ['accountId'] }]);
          if (accountId === 'busy') throw new RateLimited(7);
          return null;
        },
      },
      accountCommands: {
        ...idle.accountCommands,
        rename: () => Promise.reject(new Error('The disk is on fire.')),
      },
    });
  });
  afterAll(() => service.stop());

  it.each(Object.entries(requests))('is answered as if it were seen for the first time: %s', async (what, { body, headers }) => {
    const first = told(await service.post(neverSeen(body, what), headers));
    for (let times = 0; times < 3; times++) expect(told(await service.post(body, headers))).toEqual(first);
  });

  it('is noted in the log, in the metrics and in the audit trail each time', async () => {
    const before = service.failedCommands.length;
    const query = rename.replace('mutation', 'mutation Rename');
    const variables = { input: { accountId: 'Sales', accountName: 'Sales' } };
    const linesBefore = requestLines(service).length;
    const failed = [await service.query(query, variables), await service.query(query, variables), await service.query(query, variables)];
    expect(failed.map(({ codes }) => codes)).toEqual([['INTERNAL_SERVER_ERROR'], ['INTERNAL_SERVER_ERROR'], ['INTERNAL_SERVER_ERROR']]);
    expect(service.failedCommands.slice(before).map(({ attempt }) => attempt)).toEqual(
      failed.map(() => ({ command: 'renameEmailAccount', entityType: 'EmailAccount', entityId: 'Sales' })),
    );
    await expect.poll(() => requestLines(service).slice(linesBefore), { timeout: 10_000 }).toHaveLength(3);
    for (const line of requestLines(service).slice(linesBefore))
      expect(line).toMatchObject({
        type: 'mutation',
        operation: 'Rename',
        status: 200,
        codes: ['INTERNAL_SERVER_ERROR'],
        cost: failed[0]?.extensions?.['cost'],
      });
  });

  it('is held to the caller of each request', async () => {
    const query = '{ apiTokens { nodes { name } } }';
    for (const expected of [[], ['FORBIDDEN'], [], ['FORBIDDEN']])
      expect((await service.query(query, {}, { authorization: `Bearer ${expected.length === 0 ? 'admin' : 'viewer'}-token` })).codes).toEqual(expected);
  });
});

/** The same request, of a document that differs in a comment at its end. */
function neverSeen(body: unknown, comment: string): unknown {
  if (Array.isArray(body)) return body.map((each) => neverSeen(each, comment));
  return typeof body === 'object' && body !== null && 'query' in body ? { ...body, query: `${String(body.query)} # ${comment}` } : body;
}

/** All that a client sees of an answer but the ids that are new each time. */
function told({ status, headers, text }: Answer): object {
  const ofClient = [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name));
  return { status, headers: Object.fromEntries(ofClient), text: text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<reference>') };
}

function requestLines(service: HttpService): readonly Record<string, unknown>[] {
  const lines = service.logged().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === 'request');
}
