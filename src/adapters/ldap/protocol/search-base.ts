/** The base of the whole forest in a global catalog. Other servers have no entries there. */
export const ROOT = '';

/** A readable name of a base: the root has an empty one. */
export const baseText = (base: string): string => (base === ROOT ? 'the root (base "")' : base);
