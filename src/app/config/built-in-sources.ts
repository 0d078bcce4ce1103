import { existsSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { z } from 'zod';
import { addresses } from './addresses.js';
import { directoryKinds } from './directory-kinds.js';
import { kind, asText, Unfit } from './kind.js';
import { checkFile, guarded, readGuarded } from './own-source.js';
import { present } from './present.js';
import type { KeyPath } from './problems.js';
import { absolutePath, type Reading } from './reading.js';
import { scalars } from './scalars.js';
import { readSecret } from './secrets.js';
import { sourceName } from './source-name.js';

const { text, secret, word } = scalars;

const called = (example: string) =>
  sourceName.meta({
    description: 'Your name for it. Its mirror is kept under it, so do not change it.',
    examples: [example],
  });

const phoneRegion = directoryKinds.region.optional().meta({
  description: 'Where phone numbers without a country are at home; without it they are left out.',
  examples: ['DE'],
});

/** A table in a file. */
export const file = z.strictObject({
  name: called('people'),
  path: text.meta({
    description:
      'The file. Its columns are `mxid`, a whole Matrix ID, and those that begin with `email` or `msisdn`. It is read again when it has changed.',
    examples: ['/etc/islet/people.csv'],
  }),
  format: word('csv', 'json')
    .optional()
    .meta({ description: 'What is in it, `csv` or `json`. Without it, its name says so.', examples: ['csv'] }),
  phoneRegion,
  ...guarded,
});

export function readFileSource(source: z.output<typeof file>, at: KeyPath, reading: Reading) {
  const path = absolutePath(reading, source.path, true);
  const format = source.format ?? (extname(path).toLowerCase() === '.json' ? 'json' : 'csv');
  // It may be replaced just now, and the mirror has what stood in it.
  if (existsSync(path) || !existsSync(dirname(path))) checkFile(path, [...at, 'path'], reading);
  else reading.warnings.push(`source ${source.name}: ${path} does not exist`);
  return present({
    kind: 'file' as const,
    name: source.name,
    path,
    format,
    phoneRegion: source.phoneRegion,
    ...readGuarded(source),
  });
}

const databaseUrl = kind({ type: 'string', format: 'uri' }, (value) => {
  const url = asText(value);
  if (/^(postgres(ql)?|mysql):\/\//.test(url) && URL.canParse(url)) return url;
  throw new Unfit('must be a URL postgres://user@host/database or mysql://user@host/database');
});

const password = secret.optional().meta({ description: 'Password for `url`.' });
const passwordFile = text
  .optional()
  .meta({ description: 'File with the password for `url`.', examples: ['/etc/islet/people-password'] });

/** Somebody else's database. */
export const sql = z.strictObject({
  name: called('staff-table'),
  url: databaseUrl.optional().meta({
    description: 'The database. For `mysql://`, install `mysql2` beside Islet.',
    examples: ['postgres://islet@db.example.org/people'],
  }),
  password,
  passwordFile,
  file: text.optional().meta({ description: 'An SQLite file instead, which is only read.' }),
  find: text.meta({
    description: 'Query that gives `address` and `mxid` of those of `:addresses` that are known as a `:medium`.',
    examples: ["select mail as address, mxid from people where :medium = 'email' and mail in (:addresses)"],
  }),
  list: text.optional().meta({
    description: 'Query that gives `medium`, `address` and `mxid` of everything. Without it there is no mirror.',
    examples: ["select 'email' as medium, mail as address, mxid from people"],
  }),
  phoneRegion,
  ...guarded,
});

/** The addresses that users have proven to a Synapse. */
export const synapse = z.strictObject({
  name: called('accounts'),
  url: addresses.databaseUrl.meta({
    description: "Synapse's database.",
    examples: ['postgres://islet@db.example.org/synapse'],
  }),
  password,
  passwordFile,
  homeserver: addresses.serverName.meta({
    description: 'Server name of that Synapse: its own users are known, no others.',
    examples: ['example.org'],
  }),
  ...guarded,
  owns: guarded.owns.unwrap().prefault(false).meta({
    description: 'Whether what it knows cannot be bound to anybody else (see `bindings.directoryOwned`).',
  }),
});

export function readSqlSource(source: z.output<typeof sql>, at: KeyPath, reading: Reading) {
  const { name, url, find, list, phoneRegion } = source;
  const file = source.file === undefined ? undefined : absolutePath(reading, source.file, true);
  if ((url === undefined) === (file === undefined)) {
    reading.problems.add([...at, 'url'], file === undefined ? 'is required, or else file' : 'is given beside file');
  }
  if (file !== undefined) checkFile(file, [...at, 'file'], reading);
  if (!names(find, 'addresses')) {
    reading.problems.add([...at, 'find'], 'must name the addresses that are asked for: … in (:addresses)');
  } else if (/=\s*:addresses\b/i.test(find)) {
    reading.problems.add([...at, 'find'], 'compares with one address: there may be many, so write … in (:addresses)');
  }
  if (list !== undefined && (names(list, 'addresses') || names(list, 'medium'))) {
    reading.problems.add([...at, 'list'], 'is asked for everything: it must name neither :addresses nor :medium');
  }
  const password = readPassword(source, at, reading);
  const place = file === undefined ? { url: url ?? '', password } : { file };
  return present({ kind: 'sql' as const, name, place, find, list, phoneRegion, ...readGuarded(source) });
}

const names = (query: string, what: string): boolean => new RegExp(`(?<![:\\w]):${what}\\b`).test(query);

export function readSynapseSource(source: z.output<typeof synapse>, at: KeyPath, reading: Reading) {
  const { name, url, homeserver } = source;
  const place = { url, password: readPassword(source, at, reading) };
  return { kind: 'synapse' as const, name, place, homeserver, ...readGuarded(source) };
}

function readPassword(
  { name, password, passwordFile }: Pick<z.output<typeof sql>, 'name' | 'password' | 'passwordFile'>,
  at: KeyPath,
  reading: Reading,
): string | undefined {
  const written = { value: password, file: passwordFile };
  return readSecret(reading, [...at, 'password'], written, ['sources', name, 'password'])?.value;
}
