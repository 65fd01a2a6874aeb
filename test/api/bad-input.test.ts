import * as fc from 'fast-check';
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
      const answer = await service.query(documentOf(operation[0]), { input: prepared(operation, spoils) });
      expect(answer.status).toBeLessThan(500);
      expect(answer.text).not.toContain(canary);
      const { wasDone, complaints } = judged(operation[0], answer);
      expect(complaints).toEqual([]);
      expect(wasDone && isWrong(operation, spoils)).toBe(false);
      const before = state;
      state = await stateNow();
      expect(wasDone ? before : state).toEqual(before);
    }),
    // Shrinking ends in time for the seed to be told.
    { numRuns: 150, interruptAfterTimeLimit: 12_000 },
  );
  expect(service.logged()).not.toContain(canary);
  expect(service.logged()).not.toContain('"msg":"fault"');
});

/** Whether the last spoiling made the input wrong: it did unless an earlier one took its place away. */
function isWrong([, input]: Operation, spoils: readonly Spoiling[]): boolean {
  const before = spoils.slice(0, -1).reduce(spoilt, input as Json);
  return spoils.at(-1)?.isWrong === true && at(before, spoils.at(-1)?.path ?? []) !== undefined;
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

/** Whether it was done, and what is not as it is promised of errors. */
function judged(mutation: string, { data, errors }: Response): { readonly wasDone: boolean; readonly complaints: readonly string[] } {
  if (errors.length > 0) {
    const told = errors as readonly { readonly message: string; readonly extensions: { readonly code: string; readonly field?: readonly string[] } }[];
    // What is unknown there stands last: what it stands in is of the type.
    const isRight = ({ code, field }: (typeof told)[number]['extensions']) =>
      code === 'BAD_USER_INPUT' && field !== undefined && isPlace(mutation, field.slice(0, -1));
    return { wasDone: false, complaints: told.filter(({ extensions }) => !isRight(extensions)).map((error) => JSON.stringify(error)) };
  }
  const payload = (data as Record<string, Payload> | null)?.[mutation];
  if (!payload) return { wasDone: false, complaints: ['There is no payload.'] };
  const isRight = ({ code, message, field }: Payload['errors'][number]) =>
    problemCodes.some((each) => each === code) && /[.!?]$/.test(message) && field !== null && field.length > 0 && isPlace(mutation, field);
  const wasDone = (payload.account ?? payload.test ?? null) !== null;
  const inconsistent = wasDone === payload.errors.length > 0 ? ['An entity beside errors, or neither.'] : [];
  return { wasDone, complaints: [...payload.errors.filter((error) => !isRight(error)).map((error) => JSON.stringify(error)), ...inconsistent] };
}

interface Payload {
  readonly account?: object | null;
  readonly test?: object | null;
  readonly errors: readonly { readonly code: string; readonly message: string; readonly field: readonly string[] | null }[];
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
