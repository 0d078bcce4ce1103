import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isPostgresUrl } from '../../adapters/knex/import/foreign-database.js';
import { ImportError } from '../../adapters/knex/import/imported-data.js';
import { readMa1sd } from '../../adapters/knex/import/ma1sd-database.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import { printable } from '../../domain/shared/printable.js';
import { ma1sdIdentityOf, parseMa1sdConf } from './importing/ma1sd-config.js';
import { readMa1sdKeys } from './importing/ma1sd-keys.js';
import { type ImportJob, runImport } from './import-data.js';

export interface Ma1sdImport {
  /** Path of the `ma1sd.yaml` file. */
  readonly conf: string;
  /** Path of a SQLite file, or a PostgreSQL URL; absent: as in the file. */
  readonly database?: string | undefined;
  /** Path of the key store; absent: as in the file. */
  readonly keys?: string | undefined;
}

/** @returns the exit code @throws ImportError if the import is refused */
export async function importMa1sd(
  { conf, database: given, keys: givenKeys }: Ma1sdImport,
  job: Omit<ImportJob, 'data' | 'keyFile'> & { readonly cwd: string },
): Promise<number> {
  const source = resolve(job.cwd, conf);
  const identity = ma1sdIdentityOf(parseMa1sdConf(await readFile(source, 'utf8')));
  const ownName = job.config.server.name;
  if (identity.serverName !== '' && identity.serverName !== ownName) {
    throw new ImportError(
      `ma1sd is called ${identity.serverName}, and server.name is ${ownName}: what was signed under its name needs it`,
    );
  }
  const fromSourceFolder = (path: string | undefined) => path && resolve(dirname(source), path);
  const keyStore = givenKeys === undefined ? fromSourceFolder(identity.keys) : resolve(job.cwd, givenKeys);
  if (keyStore === undefined) throw new ImportError(`${conf} has no key.path: name the key store with --keys`);
  const { keyFile, ephemeralKeys, notes } = await readMa1sdKeys(keyStore);
  const place = given ?? identity.database;
  if (place === undefined) throw new ImportError(`${conf} names no database: give one`);
  const database = isPostgresUrl(place)
    ? place
    : given === undefined
      ? fromSourceFolder(place)
      : resolve(job.cwd, place);
  const [first, ...others] = parseKeys(keyFile).map(({ keyId }) => keyId);
  const data = await readMa1sd(database ?? '', {
    keyIds: [first ?? '', ...others],
    ephemeralKeys,
    now: Date.now(),
    password: given === undefined ? identity.password : undefined,
  });
  if (!job.output.isJson) for (const note of notes) job.output.print(printable(note));
  return runImport({ ...job, keyFile, data });
}
