import {
  getNamedType,
  GraphQLError,
  Kind,
  TypeInfo,
  ValidationContext,
  ValuesOfCorrectTypeRule,
  visit,
  visitInParallel,
  visitWithTypeInfo,
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
} from 'graphql';
import { mustBe, shownName } from './expected-value.js';
import { ownWords } from './variable-problems.js';

const kindsOfValues: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
]);

/** Whether a validation error is about a literal of the document. Its text may hold that literal. Errors of scalars name no node at all. */
export function isOfLiteral(error: GraphQLError): boolean {
  const [node] = error.nodes ?? [];
  return node === undefined || kindsOfValues.has(node.kind);
}

/** What is wrong with the literals of a document, each with its place and path, and without repeating it. In place of what graphql-js says. */
export function literalProblems(schema: GraphQLSchema, document: DocumentNode): GraphQLError[] {
  const found: GraphQLError[] = [];
  const types = new TypeInfo(schema);
  const place = new Place();
  const context = new ValidationContext(schema, document, types, (error) => {
    const problem = problemOf(error, place, types);
    found.push(new GraphQLError(problem, { ...(place.node && { nodes: place.node }), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }));
  });
  visit(document, visitWithTypeInfo(types, visitInParallel([place.visitor, ValuesOfCorrectTypeRule(context)])));
  return found;
}

function problemOf(error: GraphQLError, { node, path }: Place, types: TypeInfo): string {
  const where = path.join('.') || 'A value of the document';
  if (node?.kind === Kind.OBJECT_FIELD) {
    const parent = getNamedType(types.getParentInputType());
    return `${where} is not a field of ${parent?.name ?? 'its input type'}.`;
  }
  const missing = /^Field "\w+\.(\w+)" of required type "/.exec(error.message)?.[1];
  if (missing !== undefined) return `${where}.${missing} is required.`;
  if (error.message.startsWith('OneOf Input Object "')) return `${where} must have exactly one field.`;
  if (/^Field "\w+\.\w+" must be non-null/.test(error.message)) return `${where} must have exactly one field, and not null.`;
  const type = types.getInputType();
  const words = ownWords(error) ?? (type ? mustBe(type) : 'does not fit its type');
  return `${where} ${words}${node?.kind === Kind.NULL ? ', and not null' : ''}.`;
}

/** Where in the document a visitor stands: the node, and the names that lead to it, from the argument or variable on. */
class Place {
  node: ASTNode | undefined;
  readonly path: string[] = [];

  readonly visitor: ASTVisitor = {
    enter: (node) => {
      this.node = node;
      const name = nameOnPath(node);
      if (name !== null) this.path.push(name);
    },
    leave: (node) => {
      if (nameOnPath(node) !== null) this.path.pop();
    },
  };
}

function nameOnPath(node: ASTNode): string | null {
  if (node.kind === Kind.VARIABLE_DEFINITION) return `$${node.variable.name.value}`;
  return node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD ? (shownName(node.name.value) ?? 'a field') : null;
}
