/**
 * A URL without the slashes at its end. `replace(/\/+$/, '')` takes the square of the length of a text
 * of slashes that ends in something else.
 */
export function trimSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}
