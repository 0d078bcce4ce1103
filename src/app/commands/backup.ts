import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { dirname, resolve } from 'node:path';
import { copyClosedDatabase } from '../../adapters/knex/backup.js';
import { type BackupContent, checkCopy } from '../../adapters/knex/backup-check.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import { type Config } from '../config/config.js';
import { readAdminToken } from '../http/admin/admin-token.js';
import { databaseOptions } from '../wiring/open-app.js';
import { download } from './admin-http.js';
import { dumpLine } from './postgres-lines.js';
import { isServerRunning } from './running-server.js';
import type { TerminalStyle } from './terminal-style.js';

export interface BackupContext {
  readonly print: (text: string) => void;
  readonly style: TerminalStyle;
  readonly cwd: string;
}

/**
 * Copies the database, with or without a running server, and opens the copy to check that it is complete. It never
 * overwrites an existing file, and an incomplete copy never gets the given name.
 *
 * @param isWithKey whether the signing key is copied into `<file>.key`
 * @returns the exit code: 0 if the copies are written and checked
 */
export async function backupCommand(
  config: Config,
  given: string,
  isWithKey: boolean,
  { print, style, cwd }: BackupContext,
): Promise<number> {
  const file = resolve(cwd, given);
  if (config.database.kind === 'postgres') {
    print('The database is PostgreSQL. Use its own tool; the server can keep running:');
    print(`  ${dumpLine(config.database.url, file)}`);
    print(`Keep a copy of the signing key, ${config.signing.keyFile}, with the backup.`);
    print(style.bad('Nothing was written'));
    return 1;
  }
  const keyCopy = `${file}.key`;
  for (const path of [file, ...(isWithKey ? [keyCopy] : [])]) {
    if (!existsSync(path)) continue;
    print(style.bad(`${path} already exists and is not changed`));
    return 1;
  }
  const draft = `${file}.${process.pid}.part`;
  try {
    await copyTo(draft, config);
    const content = await checkCopy(draft);
    if (isWithKey) await copyKey(config.signing.keyFile, keyCopy);
    await rename(draft, file);
    await flush(dirname(file));
    print(style.good(`${file} is written and can be opened: ${contentText(content)}`));
    if (isWithKey) print(`${keyCopy} contains the signing key; only you can read it`);
    else
      print(
        style.dim(
          `The backup does not contain the signing key: keep a copy of ${config.signing.keyFile}, or add --key`,
        ),
      );
    return 0;
  } finally {
    for (const leftover of [draft, `${draft}-journal`]) await rm(leftover, { force: true });
  }
}

async function copyTo(file: string, config: Config): Promise<void> {
  if (await isServerRunning(config)) {
    const adminToken = await readAdminToken(config.dataDir);
    await download({ ...config.admin, adminToken }, '/backup', file);
    return;
  }
  const { database } = config;
  if (database.kind === 'sqlite' && !existsSync(database.file)) {
    throw new Error(`the database ${database.file} does not exist, and no server is running`);
  }
  await copyClosedDatabase(databaseOptions(config), file);
}

async function copyKey(keyFile: string, copy: string): Promise<void> {
  try {
    parseKeys(await readFile(keyFile, 'utf8'));
  } catch (cause) {
    throw new Error(`the signing key ${keyFile} cannot be copied: ${(cause as Error).message}`, { cause });
  }
  await writePrivately(keyFile, copy);
}

/** Copies a file, readable only by its owner, and flushes it to disk. @param to must not exist yet */
export async function writePrivately(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }));
}

/** Flushes a file, or the entries of a folder, to disk. */
export async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const contentText = ({ version, bindings, waitingInvites }: BackupContent): string =>
  `bindings: ${bindings}, waiting invitations: ${waitingInvites}, last migration: ${version}`;
