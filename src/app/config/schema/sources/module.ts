import { z } from 'zod';
import { tlsFiles } from '../tls-files.js';
import type { Medium } from '../../../../domain/identifiers/threepid.js';
import { accounts, withoutAccountName } from '../../values/account-mode.js';
import { asList, valueType, InvalidValueError } from '../../values/value-type.js';
import { mirror } from './mirror.js';
import { scalars } from '../../values/scalars.js';
import { sourceName } from '../../values/source-name.js';

const { text, flag, duration } = scalars;

export const MEDIA: readonly Medium[] = ['email', 'msisdn'];

export const media = valueType(
  { type: 'array', items: { enum: [...MEDIA] }, minItems: 1 },
  (value): readonly Medium[] => {
    const list = asList(value);
    const known = MEDIA.filter((medium) => list.includes(medium));
    if (list.length > 0 && known.length === new Set(list).size) return known;
    throw new InvalidValueError(`must be a list of ${MEDIA.join(', ')}`);
  },
);

/** Options of each source whose answers are checked and limited by `GuardedSource`. */
export const guarded = {
  timeLimit: duration('1h').prefault('3s').meta({ description: 'Time limit for one lookup.' }),
  mirror: mirror.meta({
    description:
      'Whether to keep a local copy of this source, if it can be listed. The copy answers hashed lookups, and all lookups while the source is down. `false`: no copy.',
  }),
  media: media
    .prefault([...MEDIA])
    .meta({ description: 'Kinds of addresses that it is asked for: `email`, `msisdn`.' }),
  accounts,
  withoutAccountName,
  owns: flag.prefault(true).meta({
    description:
      'Whether its addresses are reserved for its users, so that nobody else can bind them (see `bindings.directoryOwned`).',
  }),
};

/** A custom source: the key `use`, and the options beside it. */
export const use = {
  use: text.meta({
    description: 'File of a module that exports a function which creates a source. See docs/development/extending.md.',
    examples: ['/etc/islet/hr.mjs'],
  }),
  with: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Options that are passed to the module.', examples: [{ url: 'https://hr.example.org' }] }),
  name: sourceName.optional().meta({
    description:
      'Your name for this source. Do not change it: the local copy is stored under this name. Default: the name of the file.',
    examples: ['hr'],
  }),
  ...tlsFiles,
  ...guarded,
};

export const useSection = z.strictObject(use);
