import { z } from 'zod';
import { addresses } from '../values/addresses.js';
import { scalars } from '../values/scalars.js';

const { text } = scalars;

const language = z.strictObject({
  name: text.meta({ description: 'Title of the policy.', examples: ['Privacy policy'] }),
  url: addresses.webUrl.meta({
    description: 'URL of the text. Each version and language needs its own URL.',
    examples: ['https://example.org/privacy/1.2/en'],
  }),
});

/** Not `version`: in the API, the version is a key beside the languages. */
const languageCode = z
  .string()
  .regex(
    /^(?!version$)[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*$/,
    'must be named by a language code such as en, de or pt-BR',
  );

const policy = z.strictObject({
  version: text.meta({
    description: 'Version of the policy. Users who accepted other URLs are asked again.',
    examples: ['1.2'],
  }),
  languages: z
    .record(languageCode, language)
    .refine((languages) => Object.keys(languages).length > 0, 'must have at least one language')
    .meta({
      description: 'Title (`name`) and URL (`url`) of the text by language. Users need to accept one of them.',
      examples: [{ en: { name: 'Privacy policy', url: 'https://example.org/privacy/1.2/en' } }],
    }),
});

/** By policy ID. */
export const policies = z.record(
  z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/, 'must be named by an id such as privacy_policy'),
  policy,
);

/** Terms that users have to accept. */
export const terms = {
  directory: {
    doc: 'Folder with terms that users have to accept, as `<policy>/<version>/<language>.md`. Islet serves them as pages; the newest version of each policy applies.',
    format: 'path',
    default: null,
    example: '/etc/islet/terms',
  },
  policies: {
    doc: 'Terms on other web sites that users have to accept, by policy ID.',
    format: 'policies',
    default: {},
  },
} as const;
