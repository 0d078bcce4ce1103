/** The same, for reading only, all the way down. */
export type Frozen<T> = T extends RegExp ? T : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

export function freeze<T>(value: T): Frozen<T> {
  if (typeof value === 'object' && value !== null && !(value instanceof RegExp)) {
    for (const below of Object.values(value)) freeze(below);
    Object.freeze(value);
  }
  return value as Frozen<T>;
}
