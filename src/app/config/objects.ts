/** A record in which keys that may be `undefined` are optional. */
export type OmitUndefined<T> = {
  readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** A copy without the keys that are `undefined`. */
export const omitUndefined = <T extends object>(record: T): OmitUndefined<T> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as OmitUndefined<T>;

/** Deeply read-only. */
export type Frozen<T> = T extends RegExp ? T : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

export function freeze<T>(value: T): Frozen<T> {
  if (typeof value === 'object' && value !== null && !(value instanceof RegExp)) {
    for (const below of Object.values(value)) freeze(below);
    Object.freeze(value);
  }
  return value as Frozen<T>;
}
