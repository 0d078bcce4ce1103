import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BackupError, checkCopy } from '../../adapters/knex/backup-check.js';
import { isFree } from '../../adapters/knex/backup.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import type { Config } from '../config/config.js';
import { databaseOptions } from '../wiring/open-app.js';
import { type BackupContext, contentText, flush, writePrivately } from './backup.js';
import { restoreLine, preventRepeatsLine } from './postgres-lines.js';
import { preventRepeats } from './prevent-repeats.js';
import { isServerRunning } from './running-server.js';

export interface RestoreOptions {
  /** The backup of the signing key. */
  readonly key?: string | undefined;
  /** Whether an existing database may be renamed. */
  readonly replace?: boolean | undefined;
  /** The name of the operator, for the audit trail. */
  readonly operator?: string | undefined;
}

/** The restore is not possible; nothing was changed. */
class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly code = 'restore_refused';
}

/** Files that SQLite keeps beside a database. They belong to that one database and corrupt any other. */
const JOURNALS = ['-wal', '-shm', '-journal'];

/**
 * Restores a backup of the database and of the signing key. Existing files are renamed.
 *
 * @returns the exit code: 0 on success; 1 if the restore is refused, and then nothing was changed
 */
export async function restoreCommand(
  config: Config,
  given: string,
  options: RestoreOptions,
  { print, style, cwd }: BackupContext,
): Promise<number> {
  const backup = resolve(cwd, given);
  if (config.database.kind === 'postgres') {
    print('The database is PostgreSQL. Stop all servers that use it, create a new database, and run:');
    print(`  ${restoreLine(config.database.url, backup)}`);
    print('Then, so that mails of invitations that were sent since the backup are not sent again:');
    print(`  ${preventRepeatsLine(config.database.url)}`);
    print(style.bad('Nothing was changed'));
    return 1;
  }
  try {
    const done = await restore(config, config.database.file, backup, {
      ...options,
      ...(options.key !== undefined && { key: resolve(cwd, options.key) }),
    });
    for (const line of done) print(line);
    print(
      style.good(
        `${config.database.file} is restored. docs/topics/backup.md describes the effects for users and homeservers.`,
      ),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof RestoreError) && !(error instanceof BackupError)) throw error;
    print(style.bad(error instanceof BackupError ? `${backup} ${error.message}` : error.message));
    print('Nothing was changed');
    return 1;
  }
}

/** @returns one sentence for each completed step */
async function restore(
  config: Config,
  target: string,
  backup: string,
  { key, replace = false, operator }: RestoreOptions,
): Promise<readonly string[]> {
  if (target === ':memory:') throw new RestoreError('database.file is :memory:, which cannot be restored');
  if (await isServerRunning(config)) throw new RestoreError('a server is running: stop it first');
  await refuseJournals(backup);
  const keyStep = await keyToPlace(config.signing.keyFile, key);
  const folder = dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${target}.${process.pid}.restored`;
  try {
    await writePrivately(backup, draft);
    const content = await checkCopy(draft);
    const inPlace = [target, ...JOURNALS.map((end) => `${target}${end}`)].filter((path) => existsSync(path));
    if (inPlace.length > 0) {
      if (!replace) {
        throw new RestoreError(`${inPlace[0]} already exists: add --replace to rename it and restore the backup`);
      }
      if (!(await isFree(databaseOptions(config)))) {
        throw new RestoreError(`another process has ${target} open: stop it first`);
      }
    }
    const prevented = await preventRepeats(
      draft,
      target,
      existsSync(config.signing.keyFile) ? config.signing.keyFile : (key ?? ''),
      operator,
    );
    const { uid, gid } = await stat(folder);
    if (process.geteuid?.() === 0) await chown(draft, uid, gid);
    await flush(draft);
    const moved = await moveAside(target);
    await rename(draft, target);
    await flush(folder);
    return [...moved, `${backup}: ${contentText(content)}`, ...prevented, ...(await keyStep())];
  } finally {
    for (const end of ['', ...JOURNALS]) await rm(`${draft}${end}`, { force: true });
  }
}

/** A database that was copied while in use is not complete in one file. A backup made by Islet always is. */
async function refuseJournals(backup: string): Promise<void> {
  if (!existsSync(backup)) throw new RestoreError(`${backup} does not exist`);
  for (const end of JOURNALS) {
    const size = await stat(`${backup}${end}`).then(
      (found) => found.size,
      () => 0,
    );
    if (size === 0) continue;
    throw new RestoreError(
      `${backup}${end} exists: this is a copy of a database in use and may be incomplete; use a file written by \`islet backup\``,
    );
  }
}

/** Renames the existing database and its companion files, with the time in the new names. */
async function moveAside(target: string): Promise<readonly string[]> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const renamedTo = `${target}.before-${stamp}`;
  const moved: string[] = [];
  // The database itself is last: without its companions it would have different content.
  for (const end of [...JOURNALS, '']) {
    if (!existsSync(`${target}${end}`)) continue;
    await rename(`${target}${end}`, `${renamedTo}${end}`);
    moved.push(`${target}${end} is now ${renamedTo}${end}`);
  }
  return moved;
}

/** Checks the keys before anything is changed. @returns a function that restores the key and reports it */
async function keyToPlace(keyFile: string, copy: string | undefined): Promise<() => Promise<readonly string[]>> {
  if (copy === undefined) {
    if (existsSync(keyFile)) return () => Promise.resolve([]);
    throw new RestoreError(
      `there is no signing key ${keyFile}: set its copy with --key. Old rooms and mails need this key`,
    );
  }
  const wanted = await keysOf(copy);
  if (existsSync(keyFile)) {
    if ((await keysOf(keyFile)) === wanted) return () => Promise.resolve([]);
    throw new RestoreError(`${keyFile} contains a different key than ${copy}: rename it first if you do not need it`);
  }
  return async () => {
    await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
    await writePrivately(copy, keyFile);
    const { uid, gid } = await stat(dirname(keyFile));
    if (process.geteuid?.() === 0) await chown(keyFile, uid, gid);
    return [`${keyFile} contains the signing key`];
  };
}

async function keysOf(file: string): Promise<string> {
  try {
    const keys = parseKeys(await readFile(file, 'utf8'));
    return keys.map(({ keyId, seed }) => `${keyId} ${Buffer.from(seed).toString('hex')}`).join('\n');
  } catch (cause) {
    throw new RestoreError(`${file} is not a signing key: ${(cause as Error).message}`, { cause });
  }
}
