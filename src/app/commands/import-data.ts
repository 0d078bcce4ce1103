import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openDatabase } from '../../adapters/knex/database.js';
import { type ImportCount, importData } from '../../adapters/knex/import/importer.js';
import { type ImportedData, ImportError } from '../../adapters/knex/import/imported-data.js';
import { knexStores } from '../../adapters/knex/stores.js';
import { DerivedSecretBox } from '../../adapters/signing/derived-secret-box.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { printable, printableJson } from '../../domain/shared/printable.js';
import type { Config } from '../config/config.js';
import { InstallationCheck } from '../installation/installation-check.js';
import { databaseOptions, openKeys } from '../wiring/open-app.js';
import type { Output } from './operations.js';
import { isServerRunning } from './running-server.js';

export interface ImportJob {
  readonly config: Config;
  readonly data: ImportedData;
  /**
   * The content of a key file with the signing key of the other server; absent to keep the key of this installation.
   */
  readonly keyFile?: string | undefined;
  /** Whether to apply the import; otherwise it is a dry run. */
  readonly isApplied: boolean;
  readonly telemetry: Telemetry;
  readonly output: Output;
  readonly onProgress: (text: string) => void;
}

/**
 * Imports the data of another server. A dry run reports what would be imported. The report also lists what is left
 * out and why.
 *
 * @returns the exit code: 0 if the import succeeded, or would succeed
 * @throws ImportError if the import is refused
 */
export async function runImport(job: ImportJob): Promise<number> {
  const { config, data, keyFile, isApplied, output } = job;
  if (await isServerRunning(config)) throw new ImportError('a server is running: stop it first');
  if (keyFile !== undefined) await compareKeys(config.signing.keyFile, keyFile);
  const counts = isApplied ? await apply(job) : await rehearse(job);
  if (output.isJson) output.print(printableJson({ isApplied, counts, leftOut: data.leftOut }));
  else report(counts, data, isApplied, output);
  return 0;
}

async function apply({ config, data, keyFile, telemetry, onProgress }: ImportJob): Promise<readonly ImportCount[]> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  if (keyFile !== undefined) await placeKey(config.signing.keyFile, keyFile);
  const check = await InstallationCheck.begin(config);
  const db = await openDatabase(databaseOptions(config));
  try {
    const clock = new SystemClock();
    const { box } = await openKeys(config, check, db, telemetry);
    return await importData(db, data, {
      clock,
      isDryRun: false,
      storesOn: (trx) => knexStores(trx, clock, box),
      onProgress: (kind, done, all) => onProgress(`${kind}: ${done} of ${all}`),
    });
  } finally {
    await db.destroy();
    await keepOwner(config);
  }
}

/** A dry run. It creates no files: a missing database is replaced by one in memory, a missing key by a dummy. */
async function rehearse({ config, data, keyFile, onProgress }: ImportJob): Promise<readonly ImportCount[]> {
  const options = databaseOptions(config);
  const isMissing = options.client === 'sqlite3' && !existsSync(options.file);
  const db = await openDatabase(isMissing ? { client: 'sqlite3', file: ':memory:' } : options);
  try {
    const clock = new SystemClock();
    const keys = existsSync(config.signing.keyFile)
      ? parseKeys(await readFile(config.signing.keyFile, 'utf8'))
      : parseKeys(keyFile ?? `ed25519 0 ${'A'.repeat(43)}`);
    const box = new DerivedSecretBox(keys);
    return await importData(db, data, {
      clock,
      isDryRun: true,
      storesOn: (trx) => knexStores(trx, clock, box),
      onProgress: (kind, done, all) => onProgress(`${kind}: ${done} of ${all}`),
    });
  } finally {
    await db.destroy();
  }
}

/** @throws ImportError if a different key exists: it could not sign for the imported data */
async function compareKeys(file: string, wanted: string): Promise<void> {
  if (!existsSync(file)) return;
  const present = parseKeys(await readFile(file, 'utf8'));
  const seeds = new Set(present.map(({ keyId, seed }) => `${keyId} ${Buffer.from(seed).toString('hex')}`));
  const isThere = parseKeys(wanted).every(({ keyId, seed }) =>
    seeds.has(`${keyId} ${Buffer.from(seed).toString('hex')}`),
  );
  if (isThere) return;
  throw new ImportError(
    `${file} contains a different key than the imported server. Its old rooms and mails need its key. If nothing was ` +
      'signed with the existing key, remove the file; otherwise add the key of the other server as a second line',
  );
}

async function placeKey(file: string, content: string): Promise<void> {
  if (existsSync(file)) return;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, content, { flag: 'wx', mode: 0o600, flush: true });
}

/** Files created by root get the owner of the data folder, because the server runs as that user. */
async function keepOwner({ dataDir, database, signing }: Config): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(dataDir);
  const made = [
    signing.keyFile,
    `${dataDir}/installation.json`,
    ...(database.kind === 'sqlite' ? ['', '-wal', '-shm'].map((end) => `${database.file}${end}`) : []),
  ];
  for (const path of made) if (existsSync(path)) await chown(path, uid, gid);
}

function report(
  counts: readonly ImportCount[],
  { leftOut }: ImportedData,
  isApplied: boolean,
  { print, style }: Output,
): void {
  print(`${''.padEnd(16)}${'new'.padStart(8)}${'existing'.padStart(16)}${'kept'.padStart(16)}`);
  for (const { kind, added, known, kept } of counts) {
    print(`${kind.padEnd(16)}${String(added).padStart(8)}${String(known).padStart(16)}${String(kept).padStart(16)}`);
  }
  if (leftOut.length > 0) print('\nLeft out:');
  for (const { table, reason, count, rows } of leftOut) {
    const named = rows.length < count ? `${rows.join(', ')}, …` : rows.join(', ');
    print(printable(`  ${count} of ${table}: ${reason} (${rows.length === 1 ? 'row' : 'rows'} ${named})`));
  }
  print('');
  if (isApplied)
    print(style.good('Imported. No notifications were sent: homeservers and users already know these bindings.'));
  else print(style.bold('Nothing was changed. Add --apply to import.'));
}
