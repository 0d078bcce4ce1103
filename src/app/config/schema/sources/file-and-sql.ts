import { z } from 'zod';
import { addresses } from '../../values/addresses.js';
import { directoryKinds } from '../../values/ldap-values.js';
import { tlsFiles } from '../tls-files.js';
import { guarded } from './module.js';
import { scalars } from '../../values/scalars.js';
import { sourceName } from '../../values/source-name.js';

const { text, secret, flag, word } = scalars;

const called = (example: string) =>
  sourceName.meta({
    description: 'Your name for this source. Do not change it: the local copy is stored under this name.',
    examples: [example],
  });

const phoneRegion = directoryKinds.region.optional().meta({
  description:
    'Country of phone numbers that are written without a calling code. Without it, such numbers are skipped.',
  examples: ['DE'],
});

/** A table in a file. */
export const file = z.strictObject({
  name: called('people'),
  path: text.meta({
    description:
      'Path of the file. Columns: `mxid` with a full Matrix ID, and any columns whose names begin with `email` or `msisdn`. The file is read again when it changes.',
    examples: ['/etc/islet/people.csv'],
  }),
  format: word('csv', 'json')
    .optional()
    .meta({
      description: 'Format of the file: `csv` or `json`. Default: the extension of the file.',
      examples: ['csv'],
    }),
  lastLineEnds: flag.optional().meta({
    description:
      'Whether the last line of CSV must end with a line break. A file without it is rejected, because it may have been cut. Set `false` if the program that writes the file leaves it out. Default: `true`.',
    examples: [false],
  }),
  phoneRegion,
  ...guarded,
});

const password = secret.optional().meta({ description: 'Password for `url`.' });
const passwordFile = text
  .optional()
  .meta({ description: 'File with the password for `url`.', examples: ['/etc/islet/people-password'] });

/** A database of another application. */
export const sql = z.strictObject({
  name: called('staff-table'),
  url: addresses.anyDatabaseUrl.optional().meta({
    description: 'URL of the database. For `mysql://`, install the package `mysql2` beside Islet.',
    examples: ['postgres://islet@db.example.org/people'],
  }),
  password,
  passwordFile,
  ...tlsFiles,
  file: text.optional().meta({ description: 'SQLite file, instead of `url`. It is opened read-only.' }),
  find: text.meta({
    description:
      'Query that returns `address` and `mxid` for each known address in `:addresses` of the kind `:medium` (`email` or `msisdn`).',
    examples: ["select mail as address, mxid from people where :medium = 'email' and mail in (:addresses)"],
  }),
  list: text.optional().meta({
    description:
      'Query that returns `medium`, `address` and `mxid` of all addresses. Without it, no local copy is kept.',
    examples: ["select 'email' as medium, mail as address, mxid from people"],
  }),
  phoneRegion,
  ...guarded,
});

/** The addresses that users have validated with a Synapse. */
export const synapse = z.strictObject({
  name: called('accounts'),
  url: addresses.databaseUrl.meta({
    description: "URL of Synapse's database.",
    examples: ['postgres://islet@db.example.org/synapse'],
  }),
  password,
  passwordFile,
  ...tlsFiles,
  homeserver: addresses.serverName.meta({
    description: 'Server name of that Synapse. Only its own users are returned.',
    examples: ['example.org'],
  }),
  ...guarded,
  owns: guarded.owns.unwrap().prefault(false).meta({
    description:
      'Whether its addresses are reserved for its users, so that nobody else can bind them (see `bindings.directoryOwned`).',
  }),
});
