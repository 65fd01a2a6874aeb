import {
  GraphQLError,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  typeFromAST,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { mustBe, shownName } from './expected-value.js';

type Path = readonly string[];
type Report = (path: Path, problem: string) => void;

const maximumProblems = 50;

/** Whether graphql-js made the error of a variable's value. Its text holds that value. */
export function isOfVariable(error: GraphQLError): boolean {
  return /^Variable "\$[_0-9A-Za-z]+" (?:got invalid value|has invalid value|of required type|of non-null type)|^Too many errors processing variables/.test(
    error.message,
  );
}

/**
 * What is wrong with the variables of an operation, each with its path and without any value. In place of what graphql-js says, which repeats values, a password among them.
 * At least one, for it is called when graphql-js found something.
 */
export function variableProblems(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): GraphQLError[] {
  const found: GraphQLError[] = [];
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    const report: Report = (path, problem) => {
      if (found.length >= maximumProblems) return;
      const extensions = { code: 'BAD_USER_INPUT', variable: name, field: path };
      found.push(new GraphQLError(`Variable $${name}: ${[name, ...path].join('.')} ${problem}.`, { nodes: definition, extensions }));
    };
    if (!isInputType(type)) continue;
    if (Object.hasOwn(variables, name)) examine(variables[name], type, [], report);
    else if (isNonNullType(type) && definition.defaultValue === undefined) report([], `is required: it ${mustBe(type)}`);
  }
  if (found.length > 0) return found;
  return [new GraphQLError('A variable does not fit its type.', { nodes: operation.variableDefinitions ?? [], extensions: { code: 'BAD_USER_INPUT' } })];
}

function examine(value: unknown, type: GraphQLInputType, path: Path, report: Report): void {
  if (isNonNullType(type)) {
    if (value === null || value === undefined) report(path, `is required: it ${mustBe(type)}, and not null`);
    else examine(value, type.ofType, path, report);
    return;
  }
  if (value === null || value === undefined) return;
  if (isListType(type)) {
    if (Array.isArray(value)) value.forEach((entry: unknown, index) => examine(entry, type.ofType, [...path, String(index)], report));
    else examine(value, type.ofType, path, report);
    return;
  }
  if (isInputObjectType(type)) examineObject(value, type, path, report);
  else examineLeaf(value, type, path, report);
}

function examineObject(value: unknown, type: GraphQLInputObjectType, path: Path, report: Report): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return report(path, mustBe(type));
  const given = new Map<string, unknown>(Object.entries(value));
  const fields = type.getFields();
  for (const field of Object.values(fields)) {
    const ofField = given.get(field.name);
    if (ofField !== undefined) examine(ofField, field.type, [...path, field.name], report);
    else if (isRequiredInputField(field)) report([...path, field.name], `is required: it ${mustBe(field.type)}`);
  }
  for (const name of given.keys()) {
    if (Object.hasOwn(fields, name)) continue;
    const shown = shownName(name);
    if (shown === null) report(path, `has a field that is none of ${type.name}`);
    else report([...path, shown], `is not a field of ${type.name}`);
  }
  const chosen = [...given].filter(([name, each]) => Object.hasOwn(fields, name) && each !== undefined);
  if (type.isOneOf && (chosen.length !== 1 || chosen[0]?.[1] === null)) report(path, `must have exactly one of the fields of ${type.name}, and not null`);
}

function examineLeaf(value: unknown, type: GraphQLLeafType, path: Path, report: Report): void {
  try {
    if (type.parseValue(value) === undefined) report(path, mustBe(type));
  } catch (error) {
    report(path, ownWords(error) ?? mustBe(type));
  }
}

/** What our own scalars say of a value, which never repeats it. Other scalars do repeat it. */
export function ownWords(error: unknown): string | null {
  const own = error instanceof GraphQLError && error.extensions['code'] === 'BAD_USER_INPUT';
  return own ? `is refused. ${error.message.replace(/\.$/, '')}` : null;
}
