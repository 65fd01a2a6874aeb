import { randomUUID } from 'node:crypto';
import { GraphQLError, Kind, valueFromASTUntyped, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import { aimedAt } from '../../../schema/access/aimed-at.js';
import type { Call } from '../../commands/change.js';
import { isForEverybody } from '../../domain/access/policy.js';
import type { Attempt } from '../../domain/security-log/events.js';
import type { RunningOperation } from '../running-operation.js';
import { causeOf } from './refusal.js';

export interface RequestedOperation {
  readonly node: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Faults of ours: the log tells of them under a reference, and the caller learns no more than that reference. */
export class Faults {
  constructor(
    readonly log: Logger,
    readonly commandFailed: (call: Call, attempt: Attempt, reference: string) => Promise<unknown>,
  ) {}

  /** Resolves once the fault stands in the audit trail, if it has a place there, or could not be recorded there either. */
  async ofOperation(error: GraphQLError, operation: RunningOperation, requested: RequestedOperation | null): Promise<GraphQLError> {
    const reference = (operation.reference ??= randomUUID());
    const field = String(error.path?.[0] ?? '');
    const isFirst = !operation.faultsTold.has(field);
    operation.faultsTold.add(field);
    const { requestId } = operation.call;
    this.log.error({ reference, requestId, operation: operation.name, path: error.path?.join('.'), error: told(causeOf(error)) }, 'fault');
    const attempt = isFirst && requested !== null ? attemptOf(error, requested) : null;
    if (attempt !== null) await this.#record(operation.call, attempt, reference);
    return masked(reference, operation.type === OperationTypeNode.MUTATION && operation.begun);
  }

  async #record(call: Call, attempt: Attempt, reference: string): Promise<void> {
    try {
      await this.commandFailed(call, attempt, reference);
    } catch (error) {
      this.log.error({ reference, requestId: call.requestId, error: told(error) }, 'fault not recorded in the audit trail');
    }
  }

  /** A fault outside of any operation. */
  ofRequest(error: unknown, requestId: string | null, reference: string = randomUUID()): GraphQLError {
    this.log.error({ reference, requestId, error: told(causeOf(error)) }, 'fault');
    return masked(reference, false);
  }
}

function masked(reference: string, mayHaveChanged: boolean): GraphQLError {
  const whatToDo = mayHaveChanged
    ? 'Whether the change was made is not known: read the state, or send it again with the same idempotency key.'
    : 'Try again later.';
  return new GraphQLError(`Something failed in the service. ${whatToDo} If it happens again, tell an operator the reference ${reference}.`, {
    extensions: { code: 'INTERNAL_SERVER_ERROR', reference },
  });
}

/** An error for the log, by a list of what is safe: libraries hang requests, documents and connections on their errors. */
function told(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, stack, cause } = error;
  return { name, message, stack, ...(cause !== undefined && depth < 3 && { cause: told(cause, depth + 1) }) };
}

/** Which root field failed, and what its arguments name; null for a read that every role may do: it changes nothing and shows nothing that is kept from anybody. */
function attemptOf(error: GraphQLError, { node, variables }: RequestedOperation): Attempt | null {
  const [responseName] = error.path ?? [];
  const field = node.selectionSet.selections.find((each) => each.kind === Kind.FIELD && (each.alias ?? each.name).value === responseName);
  if (field?.kind !== Kind.FIELD) return null;
  const command = field.name.value;
  const name = `${rootTypes[node.operation]}.${command}`;
  if (node.operation !== OperationTypeNode.MUTATION && isForEverybody(name)) return null;
  const said = Object.fromEntries((field.arguments ?? []).map((argument) => [argument.name.value, valueFromASTUntyped(argument.value, variables)]));
  return { command, ...aimedAt(name, said) };
}

const rootTypes: Readonly<Record<OperationTypeNode, string>> = {
  [OperationTypeNode.QUERY]: 'Query',
  [OperationTypeNode.MUTATION]: 'Mutation',
  [OperationTypeNode.SUBSCRIPTION]: 'Subscription',
};
