import { buildSchema, findBreakingChanges, findDangerousChanges, parse, print, visit, type GraphQLSchema, type NameNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';
import { printedSchema } from '../../schema/print.js';
import { readText } from '../project/repository.js';

const built = printedSchema(buildPostledgerSchema());
const released = buildSchema(readText('schema/released.graphql'));

const breaking = (next: GraphQLSchema) => findBreakingChanges(released, next).map(({ description }) => description);

/** Changes that a generated client may stumble over, but for those that only let it say or ask more. */
const dangerous = (next: GraphQLSchema) =>
  findDangerousChanges(released, next)
    .filter(({ type }) => !['OPTIONAL_INPUT_FIELD_ADDED', 'OPTIONAL_ARG_ADDED', 'IMPLEMENTED_INTERFACE_ADDED'].includes(type))
    .map(({ description }) => description);

describe('the committed schema', () => {
  it('is the one that is served: `npm run schema` writes it anew', () => {
    expect(readText('schema/schema.graphql')).toBe(built);
  });

  it('breaks no client of the newest release', () => {
    expect(breaking(buildSchema(built))).toEqual([]);
  });

  it('changes nothing under the hands of a generated client unless schema/CHANGELOG.md tells it in these words', () => {
    const told = readText('schema/CHANGELOG.md');
    expect(dangerous(buildSchema(built)).filter((change) => !told.includes(change))).toEqual([]);
  });
});

describe('the gate', () => {
  it.each([
    ['a field that is gone', 'type EmailAccount.accountName', null, ['EmailAccount.accountName was removed.']],
    ['a mutation that is gone', 'type Mutation.revertEmailAccount', null, ['Mutation.revertEmailAccount was removed.']],
    ['an enum value that is gone', 'enum UserErrorCode.IN_USE', null, ['IN_USE was removed from enum type UserErrorCode.']],
    [
      'a new argument that must be given',
      'type Query.emailProviders',
      'emailProviders(country: String!): [EmailProvider!]!',
      ['A required arg country on Query.emailProviders was added.'],
    ],
    [
      'an input that must now be given',
      'input CreateEmailAccountInput.provider',
      'provider: ID!',
      ['CreateEmailAccountInput.provider changed type from ID to ID!.'],
    ],
    ['an answer that may now be null', 'type Viewer.role', 'role: Role', ['Viewer.role changed type from Role! to Role.']],
  ])('stops %s', (_what, place, replacement, found) => {
    expect(breaking(buildSchema(edited(place, replacement)))).toEqual(found);
  });

  it('wants a new value of an enum told, and lets new fields and optional arguments pass', () => {
    const more = edited('enum Role.ADMIN', 'ADMIN OWNER');
    expect(dangerous(buildSchema(more))).toEqual(['OWNER was added to enum type Role.']);
    const wider = buildSchema(edited('type Query.emailProviders', 'emailProviders(text: String): [EmailProvider!]! emailProviderCount: Int!'));
    expect([...breaking(wider), ...dangerous(wider)]).toEqual([]);
  });
});

/** The released schema with one field or enum value taken out, or written in another way. `place`: `type EmailAccount.accountName`. */
function edited(place: string, replacement: string | null): string {
  const [, keyword = '', typeName = '', memberName = ''] = /^(\w+) (\w+)\.(\w+)$/.exec(place) ?? [];
  let found = 0;
  const isOther = ({ name }: { readonly name: NameNode }) => name.value !== memberName || (found++, false);
  const document = visit(parse(readText('schema/released.graphql')), {
    ObjectTypeDefinition: (type) => (type.name.value === typeName ? { ...type, fields: type.fields?.filter(isOther) } : undefined),
    InputObjectTypeDefinition: (type) => (type.name.value === typeName ? { ...type, fields: type.fields?.filter(isOther) } : undefined),
    EnumTypeDefinition: (type) => (type.name.value === typeName ? { ...type, values: type.values?.filter(isOther) } : undefined),
  });
  if (found !== 1) throw new Error(`There is no ${place} in the released schema.`);
  return `${print(document)}\n${replacement === null ? '' : `extend ${keyword} ${typeName} { ${replacement} }`}`;
}
