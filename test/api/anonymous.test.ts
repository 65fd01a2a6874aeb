import { print } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { minimalDocument } from '../schema/minimal-document.js';
import { startTestService, type TestService } from './service.js';

const schema = buildPostledgerSchema();
const rootFields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name ?? ''}.${field}`),
);

describe('whoever shows no token', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.stop());

  it.each(rootFields)('may not use %s', async (field) => {
    const { document, variables } = minimalDocument(schema, field);
    const answer = await service.query(print(document), { ...variables }, { token: null });
    expect(answer).toMatchObject({ status: 401, data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('has not changed anything', async () => {
    const { emailAccounts, apiTokens } = await service.data<{ emailAccounts: object; apiTokens: { nodes: object[] } }>(
      '{ emailAccounts(filter: { status: [ACTIVE, DISABLED, DELETED] }) { totalCount } apiTokens { nodes { name revokedAt } } }',
    );
    expect(emailAccounts).toEqual({ totalCount: 0 });
    expect(apiTokens.nodes).toEqual([{ name: 'Bootstrap token', revokedAt: null }]);
  });
});
