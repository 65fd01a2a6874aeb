import { getNullableType, isEnumType, isInputObjectType, isListType, type GraphQLInputType } from 'graphql';

/** What a value of the type has to be, as the end of a sentence. Never says what it was instead: that could be a password. */
export function mustBe(type: GraphQLInputType): string {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return `must be a list, each entry of which ${mustBe(nullable.ofType)}`;
  if (isInputObjectType(nullable)) return `must be an object of the type ${nullable.name}`;
  if (isEnumType(nullable)) return `must be one of the values of ${nullable.name}`;
  return `must be ${scalars[nullable.name] ?? `a value of the type ${nullable.name}`}`;
}

const scalars: Readonly<Record<string, string>> = {
  Int: 'a whole number between -2147483648 and 2147483647',
  Float: 'a number',
  String: 'a text',
  ID: 'a text or a whole number',
  Boolean: 'true or false',
};

/** A name that the caller chose, if it is one of GraphQL's; anything else could be any text, a secret too, and is not repeated. */
export function shownName(name: string): string | null {
  return /^[_A-Za-z][_0-9A-Za-z]{0,63}$/.test(name) ? name : null;
}
