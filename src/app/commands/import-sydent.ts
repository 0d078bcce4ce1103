import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ImportError } from '../../adapters/knex/import/imported-data.js';
import { readSydent } from '../../adapters/knex/import/sydent-database.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import { identityOf, parseSydentConf } from './importing/sydent-config.js';
import { type ImportJob, runImport } from './import-data.js';

export interface SydentImport {
  readonly database: string;
  /** Path of the `sydent.conf` file. */
  readonly conf: string;
  readonly isWithPepper: boolean;
  readonly withPeers: boolean;
  readonly onlyValidated: boolean;
}

/** @returns the exit code @throws ImportError if the import is refused */
export async function importSydent(
  { database, conf, isWithPepper, ...choices }: SydentImport,
  job: Omit<ImportJob, 'data' | 'keyFile'> & { readonly cwd: string },
): Promise<number> {
  const { serverName, keyFile } = identityOf(parseSydentConf(await readFile(resolve(job.cwd, conf), 'utf8')));
  const ownName = job.config.server.name;
  if (serverName !== '' && serverName !== ownName) {
    throw new ImportError(
      `the name of Sydent is ${serverName}, but server.name is ${ownName}: keep the old name, because signatures contain it`,
    );
  }
  if (keyFile === undefined)
    throw new ImportError(`${conf} has no ed25519.signingkey: old rooms and mails need this key`);
  const data = await readSydent(resolve(job.cwd, database), {
    serverName: ownName,
    keyId: parseKeys(keyFile)[0].keyId,
    now: Date.now(),
    ...choices,
  });
  return runImport({ ...job, keyFile, data: isWithPepper ? data : { ...data, pepper: undefined } });
}
