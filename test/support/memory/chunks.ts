const PAGE = 200;

/** The current items in arrays of at most `PAGE`. */
export async function* pagesOf<T>(items: Iterable<T>): AsyncIterable<readonly T[]> {
  const all = [...items];
  for (let at = 0; at < all.length; at += PAGE) yield all.slice(at, at + PAGE);
}
