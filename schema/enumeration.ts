import { registerEnumType } from 'type-graphql';

/** A GraphQL enum whose values are their own names, each with its description: the compiler insists on one for every value of the domain's type. */
export function enumeration<Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
): Readonly<{ [Each in Value]: Each }> {
  const names = Object.keys(values) as Value[];
  const enumObject = Object.fromEntries(names.map((value) => [value, value])) as { [Each in Value]: Each };
  const valuesConfig = Object.fromEntries(names.map((value) => [value, { description: values[value] }])) as Record<Value, { description: string }>;
  registerEnumType(enumObject, { name, description, valuesConfig });
  return enumObject;
}
