/** Canonical JSON that is put into the text as it is. */
export class Verbatim {
  constructor(readonly text: string) {}
}

/** What stands for an object in the text, or the object with some of its members replaced; undefined: the object itself. */
export type StandIn = (object: { readonly [key: string]: unknown }) => Verbatim | { readonly [key: string]: unknown } | undefined;

/**
 * JSON as RFC 8785 (JCS) writes it: members in the order of their names' UTF-16 code units, no white space, numbers and strings as ECMAScript has them. Equal values give equal text,
 * whichever engine kept them and in whatever order it gives their members back.
 * @param standIn is asked for each object of the value, the outermost one included.
 * @throws {TypeError} the value is no JSON: undefined, a bigint, a function, a date, a number that is not finite.
 */
export function canonicalJson(value: unknown, standIn?: StandIn): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      if (!Number.isFinite(value)) break;
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, standIn)).join(',')}]`;
      const object = value as { readonly [key: string]: unknown };
      if ('toJSON' in object) throw new TypeError('An object that says itself how it is written cannot stand in canonical JSON.');
      if (value instanceof Verbatim) return value.text;
      const stand = standIn?.(object) ?? object;
      return stand instanceof Verbatim ? stand.text : members(stand, standIn);
    }
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
  }
  throw new TypeError(`A value of type ${typeof value} cannot stand in canonical JSON.`);
}

function members(object: { readonly [key: string]: unknown }, standIn: StandIn | undefined): string {
  const names = Object.keys(object);
  // Sorting is the dearest part, and most objects come back as they were written: in order.
  if (!inOrder(names)) names.sort();
  let text = '';
  for (const name of names) {
    const value = object[name];
    if (value !== undefined) text += `${text === '' ? '' : ','}${quoted(name)}:${canonicalJson(value, standIn)}`;
  }
  return `{${text}}`;
}

function inOrder(names: readonly string[]): boolean {
  let last = '';
  for (const name of names) {
    if (name < last) return false;
    last = name;
  }
  return true;
}

/** Printable ASCII without quotation mark and backslash: what needs no escape, and is most of all text. */
const plain = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}
