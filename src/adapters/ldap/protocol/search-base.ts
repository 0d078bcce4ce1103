/** The base below which a global catalog has its whole forest: other servers have nothing there. */
export const ROOT = '';

/** What people call a base: the root has an empty name. */
export const baseText = (base: string): string => (base === ROOT ? 'the root (base "")' : base);
