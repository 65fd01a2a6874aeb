import { GraphQLError, Kind, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, type TypeNode } from 'graphql';
import { fieldExtensionsEstimator, getComplexity, type ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { limitExceeded } from './limit-exceeded.js';

type Variables = Readonly<Record<string, unknown>>;

/** What operations cost, in objects, by what the schema says of each field. */
export class OperationCost {
  readonly #estimators = [fieldExtensionsEstimator(), ofIntrospection];
  readonly #known = new WeakMap<OperationDefinitionNode, Map<string, number>>();

  constructor(
    readonly schema: GraphQLSchema,
    readonly limit: number,
  ) {}

  /**
   * The cost of a valid operation. Null when its variables do not fit their types: then it will not run.
   * @throws {GraphQLError} COST_LIMIT_EXCEEDED
   */
  check(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): number | null {
    const cost = this.#costOf(document, operation, variables);
    if (cost !== null && cost > this.limit) throw limitExceeded('cost', cost, this.limit);
    return cost;
  }

  #costOf(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): number | null {
    const ofOperation = this.#known.get(operation) ?? new Map<string, number>();
    const key = whatCostDependsOn(operation, variables);
    const known = ofOperation.get(key);
    if (known !== undefined) return known;
    const cost = this.#calculate(document, operation, variables);
    if (cost === null) return null;
    if (ofOperation.size >= maximumKnown) ofOperation.clear();
    ofOperation.set(key, cost);
    this.#known.set(operation, ofOperation);
    return cost;
  }

  #calculate(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): number | null {
    const alone: DocumentNode = {
      ...document,
      definitions: document.definitions.filter((each) => each === operation || each.kind === Kind.FRAGMENT_DEFINITION),
    };
    try {
      return getComplexity({ schema: this.schema, query: alone, variables: { ...variables }, estimators: this.#estimators });
    } catch (error) {
      // Variables that cannot be coerced: execution refuses them, and says which.
      if (error instanceof GraphQLError && error.nodes !== undefined) return null;
      throw error;
    }
  }
}

/** Introspection, of which the schema says nothing: 1 a field, which makes the usual query of tools some 200; but `__typename`, which clients ask of every object, is a leaf like others. */
function ofIntrospection({ field, childComplexity }: ComplexityEstimatorArgs): number {
  return field.name === '__typename' ? 0 : 1 + childComplexity;
}

/** Remembered for one operation: the page sizes that clients really use are few. */
const maximumKnown = 50;

/** Page sizes are of the type Int, @skip and @include of the type Boolean: no other variable changes what an operation costs. */
function whatCostDependsOn(operation: OperationDefinitionNode, variables: Variables): string {
  let key = '';
  for (const { variable, type } of operation.variableDefinitions ?? []) {
    const name = namedType(type);
    const value = variables[variable.name.value];
    if (name === 'Int' || name === 'Boolean') key += typeof value === 'object' && value !== null ? '?,' : `${typeof value} ${String(value).slice(0, 20)},`;
  }
  return key;
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
