import { GraphQLError, GraphQLScalarType } from 'graphql';

/** Any JSON value, going out only: nothing untyped comes in. */
export const Json = new GraphQLScalarType<never, unknown>({
  name: 'JSON',
  description: 'Any JSON value: text, number, Boolean, null, list or object. Output only.',
  serialize: (value) => value,
  parseValue: refuseJson,
  parseLiteral: refuseJson,
});

function refuseJson(): never {
  throw new GraphQLError('JSON is for output only.', { extensions: { code: 'BAD_USER_INPUT' } });
}
