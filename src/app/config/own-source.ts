import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import type { Medium } from '../../domain/threepid.js';
import { accounts } from './account-check.js';
import { readCertificates } from './certificates.js';
import { asList, kind, Unfit } from './kind.js';
import { mirror, readMirror } from './mirror.js';
import { present } from './present.js';
import type { KeyPath } from './problems.js';
import { cannotRead } from './read-file.js';
import { absolutePath, type Reading } from './reading.js';
import { scalars } from './scalars.js';
import { sourceName } from './source-name.js';

const { text, flag, duration } = scalars;

export const MEDIA: readonly Medium[] = ['email', 'msisdn'];

export const media = kind({ type: 'array', items: { enum: [...MEDIA] }, minItems: 1 }, (value): readonly Medium[] => {
  const list = asList(value);
  const known = MEDIA.filter((medium) => list.includes(medium));
  if (list.length > 0 && known.length === new Set(list).size) return known;
  throw new Unfit(`must be a list of ${MEDIA.join(', ')}`);
});

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
    description: 'A module of your own, a file. It exports a function that makes a source: docs/extending.md has one.',
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
  caFile: text.optional().meta({
    description: "Certificates (PEM) to trust instead of the system's, at the servers that `with` names.",
    examples: ['/etc/islet/ca.pem'],
  }),
  ...guarded,
};

const useSection = z.strictObject(use);

/** `./hr.mjs` is called `hr`. */
export const nameFromFile = (file: string): string => basename(file, extname(file));

/** A source of one's own; its module is not loaded yet. */
export function readUse(source: z.output<typeof useSection>, at: KeyPath, reading: Reading) {
  const { use: written, with: options = {}, caFile } = source;
  const file = absolutePath(reading, written, true);
  const name = source.name ?? nameFromFile(written);
  if (source.name === undefined && !sourceName.safeParse(name).success) {
    reading.problems.add([...at, 'name'], 'is required, because the name of the file is none for a source');
  }
  checkFile(file, [...at, 'use'], reading);
  return present({
    kind: 'use' as const,
    name,
    file,
    with: options,
    ca: readCertificates(reading, [...at, 'caFile'], caFile),
    ...readGuarded(source),
  });
}

type Guarded = Pick<z.output<typeof useSection>, keyof typeof guarded>;

export const readGuarded = ({ timeLimit, media, accounts, owns, mirror }: Guarded) => ({
  timeLimitMs: timeLimit,
  accounts,
  media,
  owns,
  mirror: readMirror(mirror),
});

export function checkFile(file: string, at: KeyPath, { problems }: Reading): void {
  try {
    if (!statSync(file).isFile()) problems.add(at, `${file} is no file`);
  } catch (error) {
    problems.add(at, cannotRead(file, error));
  }
}
