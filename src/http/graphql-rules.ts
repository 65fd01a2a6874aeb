import { NoSchemaIntrospectionCustomRule, type GraphQLSchema, type ParseOptions, type ValidationRule } from 'graphql';
import type { HttpConfig } from '../config.js';
import { OperationCost } from './limits/cost.js';
import { documentLimits } from './limits/document-limits.js';

/** What every operation is held to, over HTTP and WebSockets alike. */
export interface GraphQLRules {
  readonly schema: GraphQLSchema;
  readonly parseOptions: ParseOptions;
  /** Beside those of the GraphQL specification. */
  readonly validationRules: readonly ValidationRule[];
  readonly validationOptions: { readonly maxErrors: number; readonly hideSuggestions: boolean };
  readonly cost: OperationCost;
  readonly operationSeconds: number;
}

export function graphqlRules(schema: GraphQLSchema, { limits, introspection }: Pick<HttpConfig, 'limits' | 'introspection'>): GraphQLRules {
  return {
    schema,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [documentLimits(limits), ...(introspection ? [] : [NoSchemaIntrospectionCustomRule])],
    validationOptions: { maxErrors: 20, hideSuggestions: true },
    cost: new OperationCost(schema, limits.cost),
    operationSeconds: limits.operationSeconds,
  };
}
