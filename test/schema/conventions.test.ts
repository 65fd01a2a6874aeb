import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { policy } from '../../src/domain/access/policy.js';
import { roles } from '../../src/domain/access/role.js';
import { problemCodes } from '../../src/domain/decider.js';
import { diagnosisCodes } from '../../src/domain/email-account/connection-test.js';
import { accountWarningCodes, readinessGapCodes } from '../../src/domain/email-account/readiness.js';
import { eventCatalogue } from '../../src/domain/event-catalogue.js';

const schema = buildPostledgerSchema();
const types = (of: GraphQLSchema) => Object.values(of.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
const objects = types(schema).filter(isObjectType);
const inputs = types(schema).filter(isInputObjectType);
const fieldsOf = (type: GraphQLObjectType | GraphQLInputObjectType | null | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.values<{ readonly name: string; readonly type: GraphQLType }>(type?.getFields() ?? {}).map(
      ({ name, type: fieldType }) => [name, String(fieldType)] as const,
    ),
  );
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
const objectNamed = (name: string) => objects.find((type) => type.name === name);
const inputNamed = (name: string) => inputs.find((type) => type.name === name);

describe.each(mutations.map((mutation) => [mutation.name, mutation] as const))('the mutation %s', (name, mutation) => {
  const stem = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const payload = fieldsOf(objectNamed(`${stem}Payload`));
  const input = fieldsOf(inputNamed(`${stem}Input`));

  it('takes one input of its own and answers a payload of its own, with what a user can mend as data', () => {
    expect(mutation.args.map((argument) => `${argument.name}: ${String(argument.type)}`)).toEqual([`input: ${stem}Input!`]);
    expect(String(mutation.type)).toBe(`${stem}Payload!`);
    expect(payload).toMatchObject({ errors: '[UserError!]!', consistencyToken: 'String', pending: 'Boolean!' });
  });

  it('answers what it is about only where it came about', () => {
    const { errors: _errors, consistencyToken: _token, pending: _pending, ...entities } = payload;
    expect(Object.keys(entities)).not.toEqual([]);
    expect(Object.values(entities).filter((type) => type.endsWith('!'))).toEqual([]);
  });

  it('takes a reason and an idempotency key, but for tests of connections and the beginning of a consent, which change no settings and may be repeated at will', () => {
    const asked =
      name === 'testConnection' || name === 'verifyRoundTrip' || name === 'beginConsent'
        ? [undefined, undefined]
        : [name === 'eraseEmailAccount' ? 'String!' : 'String', 'String'];
    expect([input['reason'], input['idempotencyKey']]).toEqual(asked);
  });

  it('takes the version looked at if and only if it changes an account, profile or the like that is there', () => {
    expect(input['expectedVersion']).toBe(
      ('account' in payload || 'authenticationProfile' in payload || 'truststore' in payload) && !name.startsWith('create') ? 'Int' : undefined,
    );
  });
});

describe('a list', () => {
  const connections = objects.filter((type) => 'pageInfo' in type.getFields());

  it('is a Relay connection with nodes, none of whose entries is null', () => {
    expect(connections.map(({ name }) => name).sort()).toEqual([
      'ApiTokenConnection',
      'AuditEntryConnection',
      'AuthenticationProfileConnection',
      'EmailAccountConnection',
      'TruststoreConnection',
    ]);
    for (const connection of connections) {
      const noun = connection.name.replace(/Connection$/, '');
      const counted = noun === 'AuditEntry' ? 'Int' : 'Int!';
      expect(fieldsOf(connection)).toEqual({ edges: `[${noun}Edge!]!`, nodes: `[${noun}!]!`, pageInfo: 'PageInfo!', totalCount: counted });
      expect(fieldsOf(objectNamed(`${noun}Edge`))).toEqual({ node: `${noun}!`, cursor: 'String!' });
    }
    expect(fieldsOf(objectNamed('PageInfo'))).toEqual({ hasNextPage: 'Boolean!', hasPreviousPage: 'Boolean!', startCursor: 'String', endCursor: 'String' });
  });

  it('is paged forwards and backwards wherever it stands', () => {
    const lists = objects.flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) =>
        connections.some((connection) => connection === getNamedType(field.type)) ? [[type.name, field] as const] : [],
      ),
    );
    expect(lists.map(([type, field]) => `${type}.${field.name}`).sort()).toEqual([
      'AuthenticationProfile.history',
      'AuthenticationProfile.usedBy',
      'EmailAccount.history',
      'Query.apiTokens',
      'Query.auditTrail',
      'Query.authenticationProfiles',
      'Query.emailAccounts',
      'Query.truststores',
      'Truststore.history',
      'Truststore.usedBy',
    ]);
    for (const [, field] of lists) expect(argumentsOf(field)).toMatchObject({ first: 'Int', after: 'String', last: 'Int', before: 'String' });
  });

  it('has no entry that is null, whatever kind of list it is', () => {
    const lists = objects.flatMap((type) => Object.entries(fieldsOf(type)).filter(([, fieldType]) => fieldType.startsWith('[')));
    expect(lists.filter(([, fieldType]) => !/^\[\w+!\]!?$/.test(fieldType))).toEqual([]);
  });
});

describe('names and shapes', () => {
  it('of enum values are in upper case', () => {
    const values = types(schema)
      .filter(isEnumType)
      .flatMap((type) => type.getValues().map(({ name }) => name));
    expect(values.filter((value) => !/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(value))).toEqual([]);
  });

  it('of what implements Node are an account, a connection test, an authentication profile, an API token and the like, each with an id', () => {
    const node = schema.getType('Node');
    if (!isInterfaceType(node)) throw new TypeError('Node is no interface.');
    const implementers = schema.getPossibleTypes(node);
    expect(implementers.map(({ name }) => name).sort()).toEqual(['ApiToken', 'AuthenticationProfile', 'ConnectionTest', 'EmailAccount', 'Truststore']);
    for (const type of implementers) expect(fieldsOf(type)).toMatchObject({ id: 'ID!' });
  });

  it('let exactly one kind of sender and of receiver be given', () => {
    expect(
      inputs
        .filter(({ isOneOf }) => isOneOf)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['ReceiverInput', 'SenderInput']);
  });

  it('let secrets in, and never out', () => {
    const incoming = inputs.flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ type: fieldType }) => getNamedType(fieldType).name === 'Secret')
        .map(({ name }) => `${type.name}.${name}`),
    );
    expect(incoming.sort()).toEqual([
      'ChangeAuthenticationProfileInput.clientSecret',
      'ChangeAuthenticationProfileInput.privateKeyPem',
      'ChangeAuthenticationProfileInput.refreshToken',
      'ChangeReceiverPasswordInput.password',
      'ChangeSenderPasswordInput.password',
      'CreateAuthenticationProfileInput.clientSecret',
      'CreateAuthenticationProfileInput.privateKeyPem',
      'CreateAuthenticationProfileInput.refreshToken',
      'ReceiverIdentityInput.password',
      'SmtpSenderIdentityInput.password',
    ]);
    expect(outgoing(schema).filter(({ field }) => getNamedType(field.type).name === 'Secret')).toEqual([]);
  });

  it('that are deprecated say until when they stay', () => {
    expect(withoutRemovalDate(schema)).toEqual([]);
    const old = buildSchema(
      'type Query { name: String @deprecated(reason: "Use title.") title: String @deprecated(reason: "Use heading. Removed on 2027-06-30.") }',
    );
    expect(withoutRemovalDate(old)).toEqual(['Query.name']);
  });
});

describe('the schema and the rules behind it', () => {
  it('agree on what there is to allow: every root field has its line in the policy, and every line names a field', () => {
    const roots = Object.entries({ Query: schema.getQueryType(), Mutation: schema.getMutationType(), Subscription: schema.getSubscriptionType() });
    const rootFields = roots.flatMap(([operation, type]) => Object.keys(type?.getFields() ?? {}).map((field) => `${operation}.${field}`));
    expect(rootFields.filter((field) => !(field in policy))).toEqual([]);
    const fields = new Set(outgoing(schema).map(({ place }) => place));
    expect(Object.keys(policy).filter((line) => !fields.has(line))).toEqual([]);
  });

  it('agree on what can have happened: every type of event has its entry in the audit trail', () => {
    const entry = schema.getType('AuditEntry');
    if (!isInterfaceType(entry)) throw new TypeError('AuditEntry is no interface.');
    const entries = schema.getPossibleTypes(entry).map(({ name }) => name);
    expect(entries.sort()).toEqual([...Object.keys(eventCatalogue).map((event) => `${event}Entry`), 'UnknownEntry'].sort());
  });

  it.each([
    ['UserErrorCode', problemCodes],
    ['DiagnosisCode', diagnosisCodes],
    ['ReadinessGapCode', readinessGapCodes],
    ['AccountWarningCode', accountWarningCodes],
    ['Role', roles],
  ] as const)('agree on the values of %s', (name, codes) => {
    const type = schema.getType(name);
    expect(isEnumType(type) ? type.getValues().map((value) => value.name) : []).toEqual([...codes]);
  });
});

function argumentsOf(field: GraphQLField<unknown, unknown>): Readonly<Record<string, string>> {
  return Object.fromEntries(field.args.map((argument) => [argument.name, String(argument.type)]));
}

/** Every field of an answer. */
function outgoing(of: GraphQLSchema) {
  return types(of)
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ place: `${type.name}.${field.name}`, field })));
}

function withoutRemovalDate(of: GraphQLSchema): readonly string[] {
  const reasons = [
    ...outgoing(of).flatMap(({ place, field }) => [
      [place, field.deprecationReason] as const,
      ...field.args.map((argument) => [`${place}(${argument.name}:)`, argument.deprecationReason] as const),
    ]),
    ...types(of).flatMap((type) => {
      const members = isEnumType(type) ? type.getValues() : isInputObjectType(type) ? Object.values(type.getFields()) : [];
      return members.map((member) => [`${type.name}.${member.name}`, member.deprecationReason] as const);
    }),
  ];
  return reasons.flatMap(([place, reason]) => (typeof reason === 'string' && !/\b20\d\d-[01]\d-[0-3]\d\b/.test(reason) ? [place] : []));
}
