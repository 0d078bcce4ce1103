import { z } from 'zod';

/** One of several things, each written under the name of its kind: `- ldap: { … }`, or the bare name. */
export const chosenByKey = <Choice extends z.ZodDiscriminatedUnion>(choice: Choice) =>
  z.preprocess((value) => {
    if (typeof value === 'string') return { kind: value };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const [kind] = Object.keys(value);
    // `- console:` with nothing below it is the kind without options.
    return Object.fromEntries([['kind', kind], ...Object.entries(value).map(([key, below]) => [key, below ?? {}])]);
  }, choice);
