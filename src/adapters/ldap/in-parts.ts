/** Does `work` for each item, at most `atOnce` at a time; none is begun after one has failed. */
export async function inParts<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  let left = [...items.entries()];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, item] = next;
      try {
        results.set(index, await work(item));
      } catch (error) {
        left = [];
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return items.map((_item, index) => results.get(index) as R);
}
