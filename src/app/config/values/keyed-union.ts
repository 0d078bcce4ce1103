import { z } from 'zod';

/**
 * One of several things, each written under the name of its kind: `- ldap: { … }`, or the bare name.
 * What else may stand beside that name, such as `with` beside `use`, is its kind's affair.
 */
export const keyedUnion = <Choice extends z.ZodDiscriminatedUnion>(choice: Choice) =>
  z.preprocess((value) => {
    if (typeof value === 'string') return { kind: value };
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const keys = Object.keys(value);
    const kind = keys.find((key) => kindsOf(choice).includes(key)) ?? keys[0];
    // `- console:` with nothing below it is the kind without options.
    return Object.fromEntries([['kind', kind], ...Object.entries(value).map(([key, below]) => [key, below ?? {}])]);
  }, choice);

const kindsOf = (choice: z.ZodDiscriminatedUnion): readonly unknown[] =>
  choice.options.map((option) => (option as z.ZodObject<{ kind: z.ZodLiteral<string> }>).shape.kind.value);
