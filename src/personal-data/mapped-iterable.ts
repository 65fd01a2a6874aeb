/**
 * The items of an iterable, each as `map` gives it. One promise an item and no more where `map` has its answer at once, which an async generator in between would not do: views are built through
 * here. When `map` fails, the source is let go of.
 */
export function mappedIterable<In, Out>(source: AsyncIterable<In>, map: (item: In) => Out | Promise<Out>): AsyncIterable<Out> {
  return {
    [Symbol.asyncIterator]() {
      const items = source[Symbol.asyncIterator]();
      const end = async (): Promise<IteratorResult<Out>> => {
        await items.return?.();
        return { done: true, value: undefined };
      };
      const letGo = async (error: unknown): Promise<never> => {
        await end();
        throw error;
      };
      const answer = (result: IteratorResult<In>): IteratorResult<Out> | Promise<IteratorResult<Out>> => {
        if (result.done === true) return { done: true, value: undefined };
        try {
          const mapped = map(result.value);
          return mapped instanceof Promise ? mapped.then((value) => ({ done: false, value }), letGo) : { done: false, value: mapped };
        } catch (error) {
          return letGo(error);
        }
      };
      return { next: () => items.next().then(answer), return: end };
    },
  };
}
