import { buildSchema, getIntrospectionQuery, parse, type GraphQLSchema } from 'graphql';
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity';
import { describe, expect, it } from 'vitest';
import { setCosts } from '../../schema/cost.js';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { providers } from '../../src/domain/provider/catalogue.js';

const schema = buildPostledgerSchema();
const maximumCost = 1000;

/** In objects; introspection, whose fields have no price of their own, at 1 a field. */
const cost = (text: string, variables: Readonly<Record<string, unknown>> = {}, of: GraphQLSchema = schema) =>
  getComplexity({
    schema: of,
    query: parse(text),
    variables: { ...variables },
    estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
  });

describe('the cost of an operation', () => {
  it.each([
    ['an object counts 1, what it holds of plain values nothing', '{ emailAccount(accountId: "a") { accountId accountName version } }', 1],
    ['a part of an object counts 1', '{ emailAccount(accountId: "a") { readiness { ready missing { code } } } }', 3],
    [
      'a connection to a mail server is a part and no page',
      '{ emailAccount(accountId: "a") { sender { ... on SmtpSender { connection { host port } } } } }',
      3,
    ],
    ['a page counts its entries, 20 unless told otherwise', '{ emailAccounts { nodes { accountId } } }', 1 + 20],
    ['a page counts what is asked for with `first`', '{ emailAccounts(first: 100) { nodes { accountId } } }', 1 + 100],
    ['and with `last`', '{ emailAccounts(last: 7) { nodes { accountId } } }', 1 + 7],
    ['edges cost what nodes cost', '{ emailAccounts(first: 5) { edges { cursor node { accountId } } pageInfo { hasNextPage } totalCount } }', 1 + 5],
    [
      'pages within pages are multiplied',
      '{ emailAccounts(first: 10) { nodes { history(first: 10) { nodes { id actor { id } } } } } }',
      1 + 10 * (1 + (1 + 10 * 2)),
    ],
    [
      'a page of the past counts a hundred more, in which every account is looked up',
      '{ emailAccounts(at: "2026-01-01T00:00:00Z", first: 5) { nodes { id } } }',
      1 + 5 + 100,
    ],
    [
      'a page of the accounts that name something counts ten more',
      '{ truststore(name: "a") { usedBy(first: 5) { totalCount nodes { id } } } }',
      1 + 1 + 5 + 10,
    ],
    ['the whole catalogue counts every provider', '{ emailProviders { id smtp { host } } }', providers.length * 2],
    [
      'of a union the dearest member counts',
      '{ emailAccount(accountId: "a") { receiver { ... on ImapReceiver { mailbox connection { host } } ... on MicrosoftGraphReceiver { identity { userPrincipalName } connection { authenticationProfileName } } } } }',
      1 + 1 + 2,
    ],
    ['a change counts what is read back of it', 'mutation { deleteEmailAccount(input: { accountId: "a" }) { account { version } errors { code } } }', 3],
    ['names do not make it cheaper', '{ a: emailAccounts { nodes { id } } b: emailAccounts { nodes { id } } }', 2 * 21],
  ])('%s', (_rule, text, expected) => expect(cost(text)).toBe(expected));

  it('counts a page size that comes through a variable', () => {
    expect(cost('query ($size: Int) { emailAccounts(first: $size) { nodes { id } } }', { size: 50 })).toBe(51);
    expect(cost('query ($size: Int) { emailAccounts(first: $size) { nodes { id } } }')).toBe(21);
  });

  it('takes no connection to a server for a page, whatever stands in it', () => {
    const servers = buildSchema(
      'type Query { server: ServerConnection } type ServerConnection { certificate: Certificate } type Certificate { subject: String }',
    );
    setCosts(servers);
    expect(cost('{ server { certificate { subject } } }', {}, servers)).toBe(2);
  });

  it('is never lowered by a page size that is none', () => {
    expect(cost('{ emailAccounts { nodes { id } } other: emailAccounts(first: -1000) { nodes { id } } }')).toBeGreaterThanOrEqual(21);
  });

  it('leaves room for what clients live on, and none for a page of pages of the largest size', () => {
    expect(
      cost(
        getIntrospectionQuery({
          descriptions: true,
          inputValueDeprecation: true,
          specifiedByUrl: true,
          directiveIsRepeatable: true,
          schemaDescription: true,
          oneOf: true,
        }),
      ),
    ).toBeLessThanOrEqual(maximumCost);
    const form = `id accountId accountName status version provider { id name } createdBy { displayName } updatedBy { displayName } readiness { ready missing { code } warnings { code } }
      sender { ... on SmtpSender { identity { emailAddress password { isSet setBy { displayName } } } connection { host } } } receiver { ... on ImapReceiver { identity { userId password { isSet } } connection { host } } }
      connectionTest { outcome stages { code tls { certificates { subject } } } } history(last: 20) { nodes { action actor { displayName } changes { path before after } origin { ip } } }`;
    expect(cost(`{ emailAccount(accountId: "a") { ${form} } }`)).toBeLessThan(maximumCost / 5);
    expect(cost('{ emailAccounts(first: 100) { nodes { accountId provider { name } readiness { ready } connectionTest { outcome } } } }')).toBeLessThan(
      maximumCost,
    );
    expect(cost('{ auditTrail(last: 100) { nodes { action actor { displayName } changes { path before after } origin { ip } } } }')).toBeLessThan(maximumCost);
    expect(cost('{ emailAccounts(first: 100) { nodes { history(first: 100) { nodes { id } } } } }')).toBeGreaterThan(maximumCost);
  });
});
