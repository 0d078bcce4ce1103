import { open, stat } from 'node:fs/promises';
import knex, { type Knex } from 'knex';
import { versionOf } from './migrations.js';

/** The content of a copy of a database. */
export interface BackupContent {
  /** The last applied migration. */
  readonly version: string;
  readonly bindings: number;
  readonly waitingInvites: number;
}

/** The file is not a complete copy of an Islet database that this version can use. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code = 'backup_unusable';
}

const HEADER_BYTES = 100;

/**
 * Opens a copy of a database and reads all of it. Afterwards the file is complete without any files beside it.
 *
 * @throws BackupError with the problem
 */
export async function checkCopy(file: string): Promise<BackupContent> {
  await checkSize(file);
  const db = knex({
    client: 'sqlite3',
    connection: { filename: file },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  try {
    return await contentOf(db);
  } catch (cause) {
    if (cause instanceof BackupError) throw cause;
    const { message } = cause as Error;
    throw new BackupError(`is damaged: ${message.replace(/^.* - /s, '')}`, { cause });
  } finally {
    await db.destroy();
  }
}

/** Checks the size, because SQLite accepts an empty file as an empty database. */
async function checkSize(file: string): Promise<void> {
  const { size } = await stat(file);
  if (size === 0) throw new BackupError('is empty');
  const handle = await open(file, 'r');
  try {
    const { buffer } = await handle.read({ buffer: Buffer.alloc(HEADER_BYTES), length: HEADER_BYTES, position: 0 });
    if (buffer.toString('latin1', 0, 15) !== 'SQLite format 3') throw new BackupError('is not an SQLite database');
    const written = buffer.readUInt16BE(16);
    const expected = (written === 1 ? 65_536 : written) * buffer.readUInt32BE(28);
    if (size < expected) throw new BackupError(`is incomplete: ${size} of ${expected} bytes`);
  } finally {
    await handle.close();
  }
}

async function contentOf(db: Knex): Promise<BackupContent> {
  await db.raw('pragma journal_mode = delete');
  const findings: { readonly integrity_check: string }[] = await db.raw('pragma integrity_check(1)');
  const [finding] = findings.map(({ integrity_check }) => integrity_check);
  if (finding !== 'ok') throw new BackupError(`is damaged: ${finding}`);
  const version = await versionOf(db).catch((cause: Error) => {
    throw new BackupError(`cannot be used: ${cause.message}`, { cause });
  });
  if (version === undefined) throw new BackupError('is not a database of Islet');
  return {
    version: version.last,
    bindings: await count(db('associations')),
    waitingInvites: await count(db('invites').whereNull('delivered_at')),
  };
}

async function count(query: Knex.QueryBuilder): Promise<number> {
  const [row] = (await query.count({ count: '*' })) as { count: number }[];
  return row?.count ?? 0;
}
