/** Rows that are read or written in one step, so that no step blocks the event loop. */
export const PAGE = 1_000;

/** The items in arrays of at most this size. */
export function* chunksOf<T>(items: readonly T[], size = PAGE): Iterable<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** The combined results of `find` for each chunk. */
export async function inChunks<K, T>(
  keys: readonly K[],
  find: (chunk: readonly K[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const chunk of chunksOf(keys)) for (const row of await find(chunk)) found.push(row);
  return found;
}

/**
 * Reads a table page by page. `read` returns at most `size` rows after the given last row of the previous page, ordered
 * by key.
 */
export async function* pages<Row>(
  read: (after: Row | undefined) => Promise<readonly Row[]>,
  size = PAGE,
): AsyncIterable<readonly Row[]> {
  let page = await read(undefined);
  while (page.length > 0) {
    yield page;
    page = page.length < size ? [] : await read(page.at(-1));
  }
}
