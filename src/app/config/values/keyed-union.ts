import { z } from 'zod';

/**
 * One of several alternatives, each written under the name of its kind: `- ldap: { … }`, or only the name. The kind
 * defines which other keys are allowed beside the name, such as `with` beside `use`.
 */
export const keyedUnion = <Choice extends z.ZodDiscriminatedUnion>(choice: Choice) =>
  z.preprocess((value) => {
    if (typeof value === 'string') return { kind: value };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const keys = Object.keys(value);
    const kind = keys.find((key) => kindsOf(choice).includes(key)) ?? keys[0];
    // `- console:` without a value is the kind without options.
    return Object.fromEntries([['kind', kind], ...Object.entries(value).map(([key, below]) => [key, below ?? {}])]);
  }, choice);

const kindsOf = (choice: z.ZodDiscriminatedUnion): readonly unknown[] =>
  choice.options.map((option) => (option as z.ZodObject<{ kind: z.ZodLiteral<string> }>).shape.kind.value);
