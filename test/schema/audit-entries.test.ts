import { getNamedType, isLeafType, isObjectType, isInterfaceType, type GraphQLField, type GraphQLObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { audited } from '../../projections/audit-data.js';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { momentOf } from '../../schema/audit/entries.js';
import { eventCatalogue, isKnownEventType } from '../../src/domain/event-catalogue.js';
import { eventsToday } from '../domain/events-today.js';
import { firstAnswer, operation } from './answers.js';
import { auditRow, recordedAt, recordingContext } from './recording-context.js';

const schema = buildPostledgerSchema();
const types = Object.keys(eventCatalogue).filter(isKnownEventType);
const shared = schema.getType('AuditEntry');
const sharedFields = isInterfaceType(shared) ? Object.keys(shared.getFields()) : [];

function entryType(event: string): GraphQLObjectType {
  const type = schema.getType(`${event}Entry`);
  if (!isObjectType(type)) throw new TypeError(`${event} has no entry.`);
  return type;
}

/** What an entry adds to what all of them have. */
function ownFields(event: string): readonly GraphQLField<unknown, unknown>[] {
  return Object.values(entryType(event).getFields()).filter(({ name }) => !sharedFields.includes(name));
}

/** A field with everything below it that takes no argument and is reached in a few steps. */
function selection({ name, type }: GraphQLField<unknown, unknown>, depth = 4): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return name;
  if (!isObjectType(named) || depth === 0) return '';
  const below = Object.values(named.getFields()).filter(({ args }) => args.length === 0);
  const selected = below.map((field) => selection(field, depth - 1)).filter((text) => text !== '');
  return selected.length === 0 ? '' : `${name} { ${selected.join(' ')} }`;
}

/** Members of an event's data that its entry names otherwise, tells in `changes` or the origin, or leaves out because they are for the service alone. */
const toldElsewhere: Readonly<Record<string, readonly string[]>> = {
  ConnectionTested: ['test'],
  ApiTokenIssued: ['id', 'name', 'verifier'],
  ApiTokenExpired: ['expiresAt'],
  ApiTokenUsed: ['ip'],
  ExpiryApproached: ['key', 'entityType', 'entityId'],
  AuthenticationProfileCreated: ['profile'],
  AuthenticationProfileChanged: ['profile'],
  ConsentGranted: ['refreshToken'],
  ConsentLost: ['message'],
  RefreshTokenRotated: ['refreshToken'],
  TruststoreCreated: ['name'],
  CertificateAdded: ['name'],
  CertificateRemoved: ['name', 'subject'],
  TruststoreDeleted: ['name'],
  AuthenticationFailed: ['tokenId'],
  ViewsRestored: ['views'],
};

describe.each(types)('the entry of %s', (type) => {
  it.each(eventsToday[type].map((data, index) => [index, data] as const))('has all that is typed about it: example %i', async (_, data) => {
    const event = { id: 'x', streamId: 'x', revision: 0n, position: 1n, recordedAt, type, data: { ...data }, metadata: {} };
    const row = { ...auditRow(1n), action: type, data: audited(event).data };
    const fields = ownFields(type).map((field) => selection(field));
    const { context } = recordingContext('ADMIN', { auditTrail: { ...recordingContext('ADMIN').context.auditTrail, find: () => row } });
    const result = await firstAnswer(
      schema,
      operation(`{ auditEntry(id: "x") { __typename action ... on ${type}Entry { id ${fields.join(' ')} } } }`),
      context,
    );
    expect(result.errors).toBeUndefined();
    expect(result.data).toMatchObject({ auditEntry: { __typename: `${type}Entry`, action: type } });
    expect(JSON.stringify(result.data)).not.toMatch(/secretId|boundTo|fingerprint-|dmVyaWZpZXI/);
  });

  it('leaves out nothing that its event says', () => {
    const members = new Set(eventsToday[type].flatMap((data) => Object.keys(data)));
    const fields = Object.keys(entryType(type).getFields());
    const missing = [...members].filter((member) => !fields.includes(member));
    expect(missing.filter((member) => !(toldElsewhere[type] ?? []).includes(member))).toEqual([]);
  });
});

describe('the entries', () => {
  it('give a field of one name one type, so that fragments on several of them can stand side by side', () => {
    const byName = new Map<string, Set<string>>();
    for (const type of types) for (const field of ownFields(type)) byName.set(field.name, (byName.get(field.name) ?? new Set()).add(String(field.type)));
    expect([...byName].filter(([, of]) => of.size > 1).map(([name, of]) => [name, [...of].sort()])).toEqual([]);
  });
});

it("the moment of an account's entry is named by its version, that of any other by its time: a truststore may have the name of an account", () => {
  const entry = { occurredAt: '2026-11-24T12:00:00.000Z', entityId: 'Sales', version: 3, position: 7n };
  expect(momentOf({ ...entry, entityType: 'EmailAccount' }).name).toBe('sales:3');
  for (const entityType of ['Truststore', 'AuthenticationProfile']) expect(momentOf({ ...entry, entityType }).name).toBe(entry.occurredAt);
});
