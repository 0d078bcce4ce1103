import { z } from 'zod';
import { tlsFiles } from '../tls-files.js';
import type { Medium } from '../../../../domain/identifiers/threepid.js';
import { accounts } from '../../values/account-mode.js';
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

/** What can be said of every source that is held to its promises from outside. */
export const guarded = {
  timeLimit: duration('1h').prefault('3s').meta({ description: 'How long one lookup may take.' }),
  mirror: mirror.meta({
    description:
      'Whether a copy is kept, if it can list itself: the copy answers hashed lookups, and all when it is down; `false` for none.',
  }),
  media: media.prefault([...MEDIA]).meta({ description: 'What it is asked for.' }),
  accounts,
  owns: flag.prefault(true).meta({
    description: 'Whether what it knows cannot be bound to anybody else (see `bindings.directoryOwned`).',
  }),
};

/** A source of one's own: `use`, and what stands beside it. */
export const use = {
  use: text.meta({
    description:
      'A module of your own, a file. It exports a function that makes a source: docs/development/extending.md has one.',
    examples: ['/etc/islet/hr.mjs'],
  }),
  with: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Options for it, whatever it takes.', examples: [{ url: 'https://hr.example.org' }] }),
  name: sourceName.optional().meta({
    description: 'Your name for it; without one, that of the file. Its mirror is kept under it, so do not change it.',
    examples: ['hr'],
  }),
  ...tlsFiles,
  ...guarded,
};

export const useSection = z.strictObject(use);
