import type { OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { Call } from '../commands/change.js';

/** One operation from its arrival to its end: what limits, error masking, log and metrics have to know of it. */
export class RunningOperation {
  readonly startedAt = performance.now();
  /** Null until the document is parsed and valid. */
  type: OperationTypeNode | null = null;
  name: string | null = null;
  /** In objects; null until it is known. */
  cost: number | null = null;
  /** Whether the document was found valid. */
  valid = false;
  /** Whether resolvers may have run: a mutation may have changed something. */
  begun = false;
  /** The codes of the errors that the caller was told of, of a subscription the first hundred. */
  readonly codes: string[] = [];
  /** Under which the log tells of the operation's faults; null as long as there was none. */
  reference: string | null = null;
  /** The root fields, by their names in the answer, whose faults the audit trail was told of: once each. */
  readonly faultsTold = new Set<string>();
  #end: AbortController | null = null;

  constructor(public call: Call) {}

  resolvedTo(operation: OperationDefinitionNode): void {
    this.type = operation.operation;
    this.name = operation.name?.value ?? null;
  }

  toldOf(code: unknown): void {
    if (this.codes.length < 100) this.codes.push(String(code));
  }

  /** Aborts when the caller has gone away or the time is up. Made when first asked for: most operations are over before anybody does. */
  get signal(): AbortSignal {
    this.#end ??= new AbortController();
    return this.#end.signal;
  }

  get aborted(): boolean {
    return this.#end?.signal.aborted ?? false;
  }

  abort(): void {
    this.#end ??= new AbortController();
    this.#end.abort();
  }

  /** In milliseconds. */
  get duration(): number {
    return performance.now() - this.startedAt;
  }
}
