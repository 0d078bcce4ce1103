import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isPostgresUrl } from '../../adapters/knex/import/foreign-database.js';
import { readSynapse } from '../../adapters/knex/import/synapse-database.js';
import { type ImportJob, runImport } from './import-data.js';

export interface SynapseImport {
  /** Path of a SQLite file, or a PostgreSQL URL. */
  readonly database: string;
  readonly passwordFile?: string | undefined;
  readonly homeserver?: string | undefined;
  /** Only addresses that users have bound at this identity server. */
  readonly isShared: boolean;
}

const ADVICE =
  'A `synapse` source (docs/setup/sources.md) finds the same people without a copy, and new addresses as well. Import them only ' +
  'if Islet cannot reach this database for good.';

/** @returns the exit code @throws ImportError if the import is refused */
export async function importSynapse(
  { database, passwordFile, homeserver, isShared }: SynapseImport,
  job: Omit<ImportJob, 'data' | 'keyFile'> & { readonly cwd: string },
): Promise<number> {
  const isPostgres = isPostgresUrl(database);
  const password =
    passwordFile === undefined
      ? undefined
      : (await readFile(resolve(job.cwd, passwordFile), 'utf8')).replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
  const { name, otherNames } = job.config.server;
  const data = await readSynapse(isPostgres ? database : resolve(job.cwd, database), {
    now: Date.now(),
    password,
    homeserver,
    sharedWith: isShared ? [name, ...otherNames] : undefined,
  });
  if (!job.output.isJson && isPostgres && !isShared) job.output.print(`${ADVICE}\n`);
  return runImport({ ...job, data });
}
