import { execute, parse, subscribe, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import type { RequestContext } from '../../schema/request-context.js';

export interface Operation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Without variables. */
export function operation(text: string): Operation {
  return { kind: text.startsWith('mutation') ? 'mutation' : text.startsWith('subscription') ? 'subscription' : 'query', document: parse(text), variables: {} };
}

/** The first answers, in order: one to a query or mutation, up to `count` to a subscription, which is then ended. */
export async function answers(
  schema: GraphQLSchema,
  { kind, document, variables }: Operation,
  contextValue: RequestContext,
  count: number,
): Promise<readonly ExecutionResult[]> {
  if (kind !== 'subscription') return [await execute({ schema, document, variableValues: variables, contextValue })];
  const stream = await subscribe({ schema, document, variableValues: variables, contextValue });
  if (!(Symbol.asyncIterator in stream)) return [stream];
  const results: ExecutionResult[] = [];
  for await (const result of stream) {
    results.push(result);
    if (results.length === count) break;
  }
  return results;
}

export async function firstAnswer(schema: GraphQLSchema, asked: Operation, context: RequestContext): Promise<ExecutionResult> {
  const [first] = await answers(schema, asked, context, 1);
  if (!first) throw new Error('There was no answer.');
  return first;
}

/** The `extensions.code` of each top-level error. */
export function codesOf({ errors = [] }: ExecutionResult): readonly unknown[] {
  return errors.map(({ extensions }) => extensions['code']);
}
