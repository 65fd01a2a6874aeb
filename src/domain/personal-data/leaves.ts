/** Plain JSON objects, as events hold them. */
export type Json = Readonly<Record<string, unknown>>;

/** A text inside of an event's data, and where it stands there: a JSON Pointer (RFC 6901). */
export interface Leaf {
  readonly path: string;
  readonly value: string;
}

export interface TakenOut {
  /** The data without them: a member of an object is left out, one of an array is null in their place. */
  readonly rest: Json;
  /** In the order of their paths. */
  readonly leaves: readonly Leaf[];
}

/**
 * Takes every text that stands at one of the paths or below out of the data, which stays as it is.
 * @param paths steps joined by dots, as the event catalogue writes them; an array on the way is gone through.
 */
export function takeOut(data: Json, paths: readonly string[]): TakenOut {
  const leaves: Leaf[] = [];
  const rest = paths.reduce<Json>((left, path) => takenFrom(left, path.split('.'), '', leaves) as Json, data);
  return { rest, leaves: leaves.sort(byPath) };
}

/** The data with the leaves in their places again. What {@link takeOut} gave comes back as it was, but for the order of the members of an object. */
export function putBack(rest: Json, leaves: readonly Leaf[]): Json {
  const root = copyOf(rest);
  // Leaves that stand side by side come one after the other: their holder is looked for once.
  let within = '';
  let holder: Holder = root;
  const copies = new Set<object>();
  for (const { path, value } of leaves) {
    const { parent, steps, last } = placeOf(path);
    if (parent !== within) {
      holder = root;
      for (const step of steps) {
        let next = holder[step] as Holder;
        if (!copies.has(next)) {
          next = copyOf(next);
          copies.add(next);
          place(holder, step, next);
        }
        holder = next;
      }
      within = parent;
    }
    place(holder, last, value);
  }
  return root;
}

interface Place {
  readonly parent: string;
  readonly steps: readonly string[];
  readonly last: string;
}

const mostKnown = 1_000;
const known = new Map<string, Place>();

/** There are some dozens of paths, and each occurs in many events. */
function placeOf(path: string): Place {
  const found = known.get(path);
  if (found) return found;
  const end = path.lastIndexOf('/');
  const parent = path.slice(0, end);
  const made = { parent, steps: parent.split('/').slice(1).map(unescaped), last: unescaped(path.slice(end + 1)) };
  if (known.size >= mostKnown) known.clear();
  known.set(path, made);
  return made;
}

const taken = Symbol('taken');

function takenFrom(value: unknown, steps: readonly string[], at: string, leaves: Leaf[]): unknown {
  if (typeof value === 'string' && steps.length === 0) {
    leaves.push({ path: at, value });
    return taken;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.map((item, index) => {
      const left = takenFrom(item, steps, `${at}/${index}`, leaves);
      return left === taken ? null : left;
    });
  }
  const [step, ...further] = steps;
  const left = Object.entries(value)
    .map(([name, member]: [string, unknown]) =>
      step === undefined || name === step ? ([name, takenFrom(member, further, `${at}/${escaped(name)}`, leaves)] as const) : ([name, member] as const),
    )
    .filter(([, member]) => member !== taken);
  return Object.fromEntries(left);
}

type Holder = Record<string, unknown>;

function copyOf(value: unknown): Holder {
  return (Array.isArray(value) ? [...(value as readonly unknown[])] : { ...(value as Json) }) as Holder;
}

/** An assignment to `__proto__` would be no member. */
function place(holder: Holder, step: string, value: unknown): void {
  if (step === '__proto__') Object.defineProperty(holder, step, { value, enumerable: true, writable: true, configurable: true });
  else holder[step] = value;
}

function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescaped(step: string): string {
  return step.includes('~') ? step.replaceAll('~1', '/').replaceAll('~0', '~') : step;
}

function byPath(one: Leaf, other: Leaf): number {
  return one.path < other.path ? -1 : 1;
}
