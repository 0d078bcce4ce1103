/**
 * Removes trailing slashes from a URL. `replace(/\/+$/, '')` takes quadratic time for text with many slashes that ends
 * in another character.
 */
export function trimSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}
