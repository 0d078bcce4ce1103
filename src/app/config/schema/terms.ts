import { z } from 'zod';
import { addresses } from '../values/addresses.js';
import { scalars } from '../values/scalars.js';

const { text } = scalars;

const language = z.strictObject({
  name: text.meta({ description: 'Title of the text.', examples: ['Privacy policy'] }),
  url: addresses.webUrl.meta({
    description: 'Where it can be read; each version and language at a place of its own.',
    examples: ['https://example.org/privacy/1.2/en'],
  }),
});

/** `version` stands beside the languages on the wire. */
const languageCode = z
  .string()
  .regex(
    /^(?!version$)[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*$/,
    'must be named by a language code such as en, de or pt-BR',
  );

const policy = z.strictObject({
  version: text.meta({ description: 'Its version; whoever accepted other URLs is asked again.', examples: ['1.2'] }),
  languages: z
    .record(languageCode, language)
    .refine((languages) => Object.keys(languages).length > 0, 'must have at least one language')
    .meta({
      description: 'Title (`name`) and place (`url`) of the text by language; accepting it in one is enough.',
      examples: [{ en: { name: 'Privacy policy', url: 'https://example.org/privacy/1.2/en' } }],
    }),
});

/** By their ids. */
export const policies = z.record(
  z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/, 'must be named by an id such as privacy_policy'),
  policy,
);
