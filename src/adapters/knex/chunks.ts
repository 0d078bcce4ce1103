/** Rows that are read or written in one step, so that no step holds up the event loop. */
export const PAGE = 1_000;

/** The same items in arrays of at most `PAGE`. */
export function* chunksOf<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < items.length; at += PAGE) yield items.slice(at, at + PAGE);
}

/** What `find` finds of each chunk, together. */
export async function inChunks<K, T>(
  keys: readonly K[],
  find: (chunk: readonly K[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const chunk of chunksOf(keys)) for (const one of await find(chunk)) found.push(one);
  return found;
}

/** Reads a table page by page; `read` gives the rows after the last one of the page before, in the order of their key. */
export async function* pages<Row>(
  read: (after: Row | undefined) => Promise<readonly Row[]>,
): AsyncIterable<readonly Row[]> {
  let page = await read(undefined);
  while (page.length > 0) {
    yield page;
    page = page.length < PAGE ? [] : await read(page.at(-1));
  }
}
