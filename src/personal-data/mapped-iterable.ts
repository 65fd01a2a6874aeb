export interface MappingOptions {
  /** Whether nothing more is wanted, of what was taken ahead either. */
  readonly isOver?: () => boolean;
  /** So many items are taken while an answer of `map` is waited for. Default: none. */
  readonly ahead?: number;
  /** Called when no more is taken, whatever the reason; more than once, maybe. Makes the source end where it would wait for more. */
  readonly leave?: () => void;
}

/**
 * The items of an iterable, each as `map` gives it. One promise an item and no more where `map` has its answer at once, which an async generator in between would not do: views are built through
 * here. Where it has not, the next items may be taken meanwhile, so that many answers are waited for together; they come in order all the same. When `map` fails, or nobody takes more, the source is
 * let go of.
 * @param source a generator, or what takes calls of `next` while one is under way as a generator does.
 */
export function mappedIterable<In, Out>(
  source: AsyncIterable<In>,
  map: (item: In) => Out | Promise<Out>,
  { isOver = () => false, leave = () => undefined, ahead = 0 }: MappingOptions = {},
): AsyncIterable<Out> {
  return {
    [Symbol.asyncIterator]() {
      const items = source[Symbol.asyncIterator]();
      const taken: Promise<IteratorResult<Out>>[] = [];
      let waits = false;
      const end = async (): Promise<IteratorResult<Out>> => {
        leave();
        taken.length = 0;
        await items.return?.();
        return { done: true, value: undefined };
      };
      const letGo = async (error: unknown): Promise<never> => {
        await end();
        throw error;
      };
      const answer = (result: IteratorResult<In>, onFault: OnFault): IteratorResult<Out> | Promise<IteratorResult<Out>> => {
        if (result.done === true) {
          leave();
          return { done: true, value: undefined };
        }
        try {
          const mapped = map(result.value);
          waits = mapped instanceof Promise;
          return mapped instanceof Promise ? mapped.then((value) => ({ done: false, value }), onFault) : { done: false, value: mapped };
        } catch (error) {
          return onFault(error);
        }
      };
      const ended = (error: unknown): never => {
        leave();
        throw error;
      };
      const take = (onFault: OnFault) => items.next().then((result) => answer(result, onFault), ended);
      const takeAhead = () => {
        for (let more = waits ? ahead - taken.length : 0; more > 0; more--) {
          const next = take(rethrown);
          // Whoever comes to it is told of its fault; where nobody does, it matters to nobody.
          next.catch(() => undefined);
          taken.push(next);
        }
      };
      return {
        next() {
          if (isOver()) return end();
          const first = taken.shift()?.catch(letGo) ?? take(letGo);
          takeAhead();
          return first;
        },
        return: end,
      };
    },
  };
}

type OnFault = (error: unknown) => Promise<never>;

const rethrown: OnFault = async (error) => {
  throw error;
};
