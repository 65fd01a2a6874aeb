import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isInterfaceType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildPostledgerSchema } from '../../schema/build-schema.js';

interface Described {
  readonly place: string;
  readonly name: string;
  readonly description: string | null | undefined;
}

/** Every type, field, argument, input field, enum value and directive that is not GraphQL's own. */
function described(schema: GraphQLSchema): readonly Described[] {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return [
    ...types.filter((type) => !roots.some((root) => root === type)).map(({ name, description }) => ({ place: name, name, description })),
    ...types.flatMap(membersOf),
    ...schema
      .getDirectives()
      .flatMap((directive) =>
        isSpecifiedDirective(directive)
          ? []
          : [
              { place: `@${directive.name}`, ...directive },
              ...directive.args.map((argument) => ({ place: `@${directive.name}(${argument.name}:)`, ...argument })),
            ],
      ),
  ];
}

function membersOf(type: GraphQLNamedType): readonly Described[] {
  if (isEnumType(type)) return type.getValues().map(({ name, description }) => ({ place: `${type.name}.${name}`, name, description }));
  if (isInputObjectType(type)) return Object.values(type.getFields()).map(({ name, description }) => ({ place: `${type.name}.${name}`, name, description }));
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    { place: `${type.name}.${field.name}`, name: field.name, description: field.description },
    ...field.args.map(({ name, description }) => ({ place: `${type.name}.${field.name}(${name}:)`, name, description })),
  ]);
}

const isSentence = (text: string) => /^[\p{Lu}`1-9].*[.?!]$/su.test(text) && !/\s{2}|[.]{2}| $/.test(text);

/** `Its name.` for `name` says nothing that the name does not say. */
function addsToTheName({ name, description }: Described): boolean {
  const words = (text: string) =>
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  const empty = new Set(['a', 'an', 'the', 'its', 'their', 'this', 'of', 'is', ...words(name)]);
  return words(description ?? '').some((word) => !empty.has(word));
}

const all = described(buildPostledgerSchema());
const wrong = (elements: readonly Described[], isRight: (element: Described) => boolean) =>
  elements.filter((element) => !isRight(element)).map(({ place, description }) => `${place}: ${description ?? ''}`);

describe('a description', () => {
  it('stands on every type, field, argument, input field, enum value and directive', () => {
    expect(all.length).toBeGreaterThan(700);
    expect(wrong(all, ({ description }) => Boolean(description?.trim()))).toEqual([]);
  });

  it('is made of whole sentences', () => {
    expect(wrong(all, ({ description }) => isSentence(description ?? ''))).toEqual([]);
  });

  it('says more than the name', () => {
    expect(wrong(all, addsToTheName)).toEqual([]);
  });

  it('of a mutation says who may use it, and of its input what is the default of what may be left out', () => {
    const schema = buildPostledgerSchema();
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
    expect(mutations.filter(({ description }) => !/Needs the role |Every role may use it\./.test(description ?? '')).map(({ name }) => name)).toEqual([]);
    const optional = Object.values(schema.getTypeMap())
      .filter(isInputObjectType)
      .filter(({ isOneOf, name }) => !isOneOf && !name.endsWith('Filter'))
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => !String(field.type).endsWith('!'))
          .map((field) => ({ place: `${type.name}.${field.name}`, name: field.name, description: field.description })),
      );
    expect(wrong(optional, ({ description }) => /Default: |Left out: |Required unless /.test(description ?? ''))).toEqual([]);
  });

  it('is missed where it is missing', () => {
    const bare = buildSchema('"""Whatever can be asked."""\ntype Query { name(first: Int): Mood }\nenum Mood { GOOD }\ndirective @old on FIELD');
    expect(wrong(described(bare), ({ description }) => Boolean(description))).toEqual([
      'Mood: ',
      'Query.name: ',
      'Query.name(first:): ',
      'Mood.GOOD: ',
      '@old: ',
    ]);
    expect(isSentence('its name')).toBe(false);
    expect(addsToTheName({ place: '', name: 'accountName', description: 'The name of the account.' })).toBe(false);
  });
});
