import * as fc from 'fast-check';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };
type Path = readonly string[];

/** One thing done to an input at one place. */
export interface Spoiling {
  readonly what: string;
  readonly path: Path;
  readonly spoil: (value: Json) => Json | undefined;
  /** Whether no input is right after it; otherwise it may be, as where an optional field is left out. */
  readonly isWrong: boolean;
}

/** Controls, marks that reorder text, characters without width, halves of characters, and what no text may hold. */
const invisible = ['\u0000', '\u0007', '\r\n', '\u001b[2J', '\u202e', '\u2066', '\u200b', '\u2060', '\ufeff', '\u2028', '\ud83d', '\udc00', '\uffff'] as const;
const hugeNumbers = [65_536, 2 ** 31, 1e300, -1, 1.5] as const;

/** Something to be done to one of the places of the input. */
export function spoilings(input: Json): fc.Arbitrary<Spoiling> {
  return fc.constantFrom(...placesIn(input)).chain((path) => fc.oneof(...waysToSpoil(path, at(input, path))));
}

function waysToSpoil(path: Path, value: Json | undefined): fc.Arbitrary<Spoiling>[] {
  const way = (what: string, isWrong: boolean, spoil: Spoiling['spoil']): Spoiling => ({ what, path, isWrong, spoil });
  const isSecret = path.at(-1) === 'password';
  const anywhere = [
    way('left out', false, () => undefined),
    way('null', false, () => null),
    way('an object of no type', true, () => ({ nothing: true })),
    way('a list of lists', true, (value) => [[value, value]]),
    way('nested deeply', true, (value) => nested(value, 2_000)),
  ];
  if (typeof value === 'string')
    return [
      fc.constantFrom(
        ...anywhere,
        way('a number that is none', true, () => 12.5),
        way('much too long', true, (value) => `${textOf(value)} `.repeat(5_000).slice(0, 5_000)),
      ),
      fc
        .tuple(fc.constantFrom(...invisible), fc.nat(8))
        .map(([character, place]) =>
          way(
            `with ${JSON.stringify(character)} at ${place}`,
            !isSecret,
            (value) => `${textOf(value).slice(0, place)}${character}${textOf(value).slice(place)}`,
          ),
        ),
    ];
  if (typeof value === 'number') return [fc.constantFrom(...anywhere, ...hugeNumbers.map((huge) => way(`${huge}`, true, () => huge)))];
  if (typeof value === 'boolean')
    return [
      fc.constantFrom(
        ...anywhere,
        way('a text', true, () => 'yes'),
      ),
    ];
  const fields = ['unknown', 'constructor', 'toString', 'no name at all', 'emailAdress'] as const;
  return [
    fc.constantFrom(
      ...anywhere,
      way('a text', true, () => 'text'),
      ...fields.map((field) => way(`with the field ${field}`, true, (value) => withField(value, field, 1))),
      way('both of what excludes each other', false, (value) => ({ ...(value as object), microsoftGraph: { identity: {}, connection: {} } })),
    ),
  ];
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The input with one place spoilt; as it was where an earlier spoiling took that place away. */
export function spoilt(input: Json, { path, spoil }: Pick<Spoiling, 'path' | 'spoil'>): Json {
  const [step, ...rest] = path;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return step === undefined ? (spoil(input) ?? null) : input;
  if (step === undefined) return spoil(input) ?? null;
  const fields = new Map(Object.entries(input as { readonly [field: string]: Json }));
  const value = fields.get(step);
  if (value === undefined) return input;
  const changed = rest.length === 0 ? spoil(value) : spoilt(value, { path: rest, spoil });
  if (changed === undefined) fields.delete(step);
  else fields.set(step, changed);
  return Object.fromEntries(fields);
}

export function at(input: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as { readonly [field: string]: Json })[step] : undefined,
    input,
  );
}

function placesIn(value: Json, path: Path = []): readonly Path[] {
  const below =
    typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([name, each]: [string, Json]) => placesIn(each, [...path, name])) : [];
  return path.length === 0 ? below : [path, ...below];
}

function nested(value: Json, depth: number): Json {
  let result = value;
  for (let level = 0; level < depth; level++) result = level % 2 === 0 ? { deeper: result } : [result];
  return result;
}

function withField(value: Json, name: string, content: Json): Json {
  return { ...(value as { readonly [field: string]: Json } | null), [name]: content };
}
