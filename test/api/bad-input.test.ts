import fc from 'fast-check';
import { getNamedType, isInputObjectType, type GraphQLInputType } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { problemCodes } from '../../src/domain/decider.js';
import { at, spoilings, spoilt, type Json, type Spoiling } from './mutated-inputs.js';
import { startTestService, type Response, type TestService } from './service.js';

const canary = 'Kanarie-in-bad-input';
const schema = buildPostledgerSchema();

const sender = {
  smtp: {
    identity: { emailAddress: 'steady@example.com', displayName: 'Steady', userId: 'steady', password: canary, replyTo: 'help@example.com' },
    connection: { host: 'smtp.example.com', port: 587, useSmtps: false, startTls: 'REQUIRED', minimumTlsVersion: 'TLS_1_2', truststore: 'plant-7' },
  },
};
const receiver = {
  imap: {
    identity: { useSenderCredentials: false, userId: 'steady', password: canary },
    // Nobody listens there: where a connection test gets through, it is refused at once.
    connection: { host: '127.0.0.1', port: 1, useTls: true, minimumTlsVersion: 'TLS_1_3', truststore: 'plant-7' },
    mailbox: 'Orders',
  },
};
const changes = { reason: 'Because', idempotencyKey: 'a key' };
/** What is right before it is spoilt. */
const operations = [
  ['createEmailAccount', { accountId: 'Fresh', accountName: 'Fresh', provider: 'custom', sender, receiver, ...changes }],
  ['configureSender', { accountId: 'Steady', sender, expectedVersion: 1, ...changes }],
  ['configureReceiver', { accountId: 'Steady', receiver, expectedVersion: 1, ...changes }],
  ['testConnection', { accountId: 'Steady', draft: { provider: 'custom', sender: { microsoftGraph: graphSender() }, receiver }, recipient: 'b@example.com' }],
] as const;
type Operation = (typeof operations)[number];

function graphSender() {
  return { identity: { userPrincipalName: 'a@example.com', replyTo: 'b@example.com' }, connection: { authenticationProfile: 'contoso' } };
}

const cases = fc
  .constantFrom(...operations)
  .chain((operation) => fc.tuple(fc.constant(operation), fc.array(spoilings(operation[1] as Json), { minLength: 1, maxLength: 3 })));

let service: TestService;
let state: Record<string, unknown>;
let keys = 0;
const stateNow = async () =>
  service.data<Record<string, unknown>>(
    `{ steady: emailAccount(accountId: "Steady") { version updatedAt } fresh: emailAccount(accountId: "Fresh") { version }
       auditTrail(filter: { entityType: ["EmailAccount"], outcome: [ACCEPTED] }, last: 1) { nodes { id action } } }`,
  );
beforeAll(async () => {
  service = await startTestService({ POSTLEDGER_CONNECTION_TESTS_PER_MINUTE: '10000' });
  await service.data('mutation { createEmailAccount(input: { accountId: "Steady", accountName: "Steady" }) { errors { code } } }');
  state = await stateNow();
});
afterAll(() => service.stop());

it('never loses anything, and always gets a code and a place', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ([operation, spoils]) => {
      const input = prepared(operation, spoils);
      const answer = await service.query(documentOf(operation[0]), { input });
      expect(answer.status).toBeLessThan(500);
      expect(answer.text).not.toContain(canary);
      const accepted = expectCodesAndPlaces(operation[0], answer);
      const isWrong = spoils.at(-1)?.isWrong === true && at(withoutSpoiling(operation, spoils), spoils.at(-1)?.path ?? []) !== undefined;
      if (isWrong) expect(accepted).toBe(false);
      const after = await stateNow();
      if (!accepted) expect(after).toEqual(state);
      state = after;
    }),
    { numRuns: 150 },
  );
  expect(service.logged()).not.toContain(canary);
  expect(service.logged()).not.toContain('"msg":"fault"');
});

/** The input after all but the last spoiling: whether the last had anything left to spoil. */
function withoutSpoiling([, input]: Operation, spoils: readonly Spoiling[]): Json {
  return spoils.slice(0, -1).reduce(spoilt, input as Json);
}

function prepared([, input]: Operation, spoils: readonly Spoiling[]): Json {
  const now = (state['steady'] as { version: number }).version;
  const own = 'idempotencyKey' in input ? { idempotencyKey: `key ${++keys}` } : {};
  const current = 'expectedVersion' in input ? { expectedVersion: now } : {};
  return spoils.reduce(spoilt, { ...input, ...own, ...current } as Json);
}

function documentOf(mutation: Operation[0]): string {
  const [type, result] = mutation === 'testConnection' ? ['TestConnectionInput', 'test { outcome }'] : [typeOf(mutation), 'account { version }'];
  return `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${result} errors { code message field } } }`;
}

function typeOf(mutation: string): string {
  return `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`;
}

/** True when the change was made. */
function expectCodesAndPlaces(mutation: string, { data, errors }: Response): boolean {
  if (errors.length > 0) {
    for (const { message, extensions } of errors as readonly { message: string; extensions: { code: string; field?: string[] } }[]) {
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toMatch(/\.$/);
      // What is unknown there stands last: what it stands in is of the type.
      const path = extensions.field ?? expect.fail(`No place: ${message}`);
      if (path.length > 0) expect([message, isPlace(mutation, path.slice(0, -1))]).toEqual([message, true]);
    }
    return false;
  }
  const payload = (data as Record<string, { errors: { code: string; message: string; field: string[] | null }[] } & Record<string, unknown>>)[mutation];
  if (!payload) return expect.fail('The payload is never null.');
  for (const { code, message, field } of payload.errors) {
    expect(problemCodes).toContain(code);
    expect(message).toMatch(/[.!?]$/);
    expect([message, field, isPlace(mutation, field ?? ['no', 'place'])]).toEqual([message, field, true]);
  }
  expect(payload.errors.length > 0).toBe((payload['account'] ?? payload['test'] ?? null) === null);
  return payload.errors.length === 0;
}

function isPlace(mutation: string, path: readonly string[]): boolean {
  let type: GraphQLInputType | undefined = schema.getType(typeOf(mutation)) as GraphQLInputType;
  for (const step of path) {
    const named: unknown = getNamedType(type);
    type = isInputObjectType(named) ? named.getFields()[step]?.type : undefined;
    if (!type) return false;
  }
  return true;
}
