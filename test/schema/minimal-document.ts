import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  parse,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { globalId } from '../../schema/node/global-id.js';
import type { Operation } from './answers.js';

const sample: Readonly<Record<string, unknown>> = {
  ID: 'Sales',
  String: 'text',
  Int: 1,
  Float: 1,
  Boolean: true,
  DateTime: '2026-11-24T12:00:00Z',
  Secret: 'a password',
};

/** Where a sample of the right type would lead nowhere. */
const telling: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { 'Query.node': { id: globalId('EmailAccount', 'sales') } };

/** The shortest operation that asks for a field, `Query.viewer` or `EmailAccount.history`: what must be given is made up from its type, what may be left out is. */
export function minimalDocument(schema: GraphQLSchema, place: string): Operation {
  const [typeName = '', fieldName = ''] = place.split('.');
  const roots = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() } as const;
  for (const operation of ['query', 'mutation', 'subscription'] as const) {
    const root = roots[operation];
    if (root?.name === typeName) return documentFor(operation, root, fieldName, '__typename');
  }
  for (const operation of ['query', 'subscription'] as const) {
    const root = roots[operation];
    const way = Object.values(root?.getFields() ?? {}).find((field) => getNamedType(field.type).name === typeName);
    const type = way && getNamedType(way.type);
    if (!root || !way || !type || !('getFields' in type) || isInputObjectType(type)) continue;
    const field = type.getFields()[fieldName];
    if (!field || field.args.some(isRequiredArgument)) throw new Error(`${place} cannot be asked for without arguments.`);
    return documentFor(operation, root, way.name, isCompositeType(getNamedType(field.type)) ? `${fieldName} { __typename }` : fieldName);
  }
  throw new Error(`No root field leads to ${place}.`);
}

function documentFor(operation: Operation['kind'], root: GraphQLObjectType, fieldName: string, selection: string): Operation {
  const field = root.getFields()[fieldName];
  if (!field) throw new Error(`There is no ${root.name}.${fieldName}.`);
  const given = telling[`${root.name}.${fieldName}`] ?? {};
  const required = field.args.filter(isRequiredArgument);
  const declared = required.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = required.map(({ name }) => `${name}: $${name}`).join(', ');
  const head = required.length === 0 ? ['', ''] : [`(${declared})`, `(${passed})`];
  const below = isCompositeType(getNamedType(field.type)) ? ` { ${selection} }` : '';
  return {
    kind: operation,
    document: parse(`${operation} ${head[0] ?? ''} { ${fieldName}${head[1] ?? ''}${below} }`),
    variables: Object.fromEntries(required.map(({ name, type }) => [name, given[name] ?? sampleOf(type)])),
  };
}

function sampleOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sampleOf(type.ofType);
  if (isListType(type)) return [sampleOf(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (!isInputObjectType(type)) return sample[type.name] ?? nothingLike(type.name);
  const fields = Object.values(type.getFields());
  const stated = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return Object.fromEntries(stated.map((field) => [field.name, sampleOf(field.type)]));
}

function nothingLike(typeName: string): never {
  throw new Error(`These tests know no sample of ${typeName}.`);
}
