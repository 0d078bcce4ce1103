import { join } from 'node:path';
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { databaseVersion } from '../../adapters/knex/database.js';
import { checkTemplates } from '../../adapters/messaging/template-check.js';
import { Templates } from '../../adapters/messaging/templates.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import type { Config } from '../config/config.js';
import { databaseOptions } from '../wiring/open-app.js';
import { processUser } from '../config/input/read-file.js';
import { openTerms } from '../wiring/open-terms.js';
import { certificateFix } from './certificate-fix.js';
import { area, type CheckResult, type Check, messageWithCauses } from './check-result.js';

const WRITABLE = constants.W_OK | constants.X_OK;

const MB = 1024 * 1024;
/** The amount that one sync of a large directory may write. */
const SCARCE_MB = 100;
const FULL_MB = 1;

/** Where data and keys are stored, who else can read them, and whether there is enough free space. */
export const filesCheck =
  ({ dataDir, database, signing }: Config): Check =>
  async () => {
    const { ok, warning, failure } = area('files');
    const folder = await modeOf(dataDir);
    const isClosed = folder !== undefined && (await problemOf(() => access(dataDir, WRITABLE))) !== undefined;
    const key = await modeOf(signing.keyFile);
    const broken =
      key === undefined ? undefined : await problemOf(async () => parseKeys(await readFile(signing.keyFile, 'utf8')));
    const isUnread =
      key !== undefined && (await problemOf(() => access(signing.keyFile, constants.R_OK))) !== undefined;
    return [
      folder === undefined
        ? warning(
            `${dataDir} does not exist yet`,
            'it is created at the first start; its parent folder must be writable',
          )
        : isClosed
          ? failure(
              `${dataDir} cannot be written by ${processUser()}`,
              `chown it to ${processUser()}, or run as its owner`,
            )
          : folder & 0o007
            ? warning(
                `${dataDir} is accessible to every user of this machine (mode 0${folder.toString(8)})`,
                `chmod o= ${dataDir}`,
              )
            : ok(`${dataDir} is writable`),
      ...(await readableByOthers([join(dataDir, 'admin-token'), ...databaseFile(database)])),
      ...(folder === undefined ? [] : freeSpaceResults(dataDir, await freeMb(dataDir))),
      key === undefined
        ? warning(`there is no ${signing.keyFile} yet`, 'it is created at the first start; keep a copy of it')
        : broken !== undefined
          ? failure(
              `${signing.keyFile}: ${broken}`,
              isUnread
                ? `let ${processUser()} read it, or run as its owner`
                : 'restore the copy of it: old rooms refer to its key',
            )
          : key & 0o077
            ? warning(`users other than its owner can read ${signing.keyFile}`, `chmod 600 ${signing.keyFile}`)
            : ok(`${signing.keyFile} contains a key that only its owner can read`),
    ];
  };

/** The warning for too little free space. */
export function freeSpaceResults(dataDir: string, mb: number): readonly CheckResult[] {
  if (mb >= SCARCE_MB) return [];
  const { warning, failure } = area('files');
  const words = `the disk of ${dataDir} has ${Math.floor(mb)} MB left`;
  return mb < FULL_MB
    ? [failure(words, 'free disk space: sign-ins and syncs fail until data can be stored')]
    : [warning(words, 'free disk space before it is full')];
}

async function freeMb(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return (bavail * bsize) / MB;
}

/** Files with tokens and addresses that other users can read. */
export async function readableByOthers(files: readonly string[]): Promise<readonly CheckResult[]> {
  const { warning } = area('files');
  const modes = await Promise.all(files.map(modeOf));
  return files.flatMap((file, at) =>
    (modes[at] ?? 0) & 0o077 ? [warning(`users other than its owner can read ${file}`, `chmod 600 ${file}`)] : [],
  );
}

const databaseFile = (database: Config['database']): readonly string[] =>
  database.kind === 'sqlite' ? [database.file] : [];

const modeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mode }) => mode & 0o777,
    () => undefined,
  );

/** Checks the database without migrating it. */
export const databaseCheck =
  (config: Config): Check =>
  async () => {
    const { ok, warning, failure } = area('database');
    try {
      const version = await databaseVersion(databaseOptions(config));
      if (version === undefined) return [ok('has no tables yet: they are created at the first start')];
      const { last, pending } = version;
      if (pending === 0) return [ok(`can be opened, and is up to date (${last})`)];
      return [warning(`is at ${last}: the next start runs ${pending} migrations`, 'make a backup before that')];
    } catch (error) {
      return [failure(messageWithCauses(error), databaseFix(error, config.database.kind === 'sqlite'))];
    }
  };

/** The message for an unmet requirement says itself what to run. */
function databaseFix(error: unknown, isFile: boolean): string | undefined {
  if (error instanceof Error && (error.cause as Error | undefined)?.name === 'DatabaseRequirementError')
    return undefined;
  const words = messageWithCauses(error);
  if (isFile) return 'check which process uses the file, and who owns it';
  return certificateFix(words, 'database.caFile') ?? 'check database.url and its password';
}

/** Custom texts: terms and templates. */
export const textsCheck =
  (config: Config): Check =>
  async () => {
    const { ok, failure } = area('texts');
    const tried: CheckResult[] = [];
    const terms = await problemOf(() => openTerms(config));
    if (terms !== undefined) tried.push(failure(terms, 'check terms.directory'));
    else if (config.terms.directory !== undefined) tried.push(ok(`the terms in ${config.terms.directory} can be read`));
    const templates = new Templates({ ...config.templates, serverName: config.server.name });
    const problems = checkTemplates(templates);
    if (problems.length === 0) return [...tried, ok('all templates can be rendered')];
    return [...tried, ...problems.map((problem) => failure(problem, '`islet templates check` lists all problems'))];
  };

async function problemOf(check: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return messageWithCauses(error);
  }
}
