import { z } from 'zod';
import { addresses } from '../../values/addresses.js';
import { directoryKinds } from '../../values/ldap-values.js';
import { tlsFiles } from '../tls-files.js';
import { guarded } from './module.js';
import { scalars } from '../../values/scalars.js';
import { sourceName } from '../../values/source-name.js';

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

const password = secret.optional().meta({ description: 'Password for `url`.' });
const passwordFile = text
  .optional()
  .meta({ description: 'File with the password for `url`.', examples: ['/etc/islet/people-password'] });

/** Somebody else's database. */
export const sql = z.strictObject({
  name: called('staff-table'),
  url: addresses.anyDatabaseUrl.optional().meta({
    description: 'The database. For `mysql://`, install `mysql2` beside Islet.',
    examples: ['postgres://islet@db.example.org/people'],
  }),
  password,
  passwordFile,
  ...tlsFiles,
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
  ...tlsFiles,
  homeserver: addresses.serverName.meta({
    description: 'Server name of that Synapse: its own users are known, no others.',
    examples: ['example.org'],
  }),
  ...guarded,
  owns: guarded.owns.unwrap().prefault(false).meta({
    description: 'Whether what it knows cannot be bound to anybody else (see `bindings.directoryOwned`).',
  }),
});
