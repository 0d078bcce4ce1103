import type { Knex } from 'knex';
import { rowsOf } from './dialect.js';

/** Tables that only repeat what directories say. A first sync fills them again. */
const COPIES: readonly string[] = ['mirror_entries', 'mirror_states'];

const DAMAGED = /^SQLITE_(?:CORRUPT|NOTADB)/;
/** Left by an earlier `discardCopies` that was interrupted. */
const UNUSED_PAGE = /^Page \d+(?: is|:) never used$/;

export interface Damage {
  /** The message of SQLite. */
  readonly detail: string;
  /** Whether only copies of directories are damaged. */
  readonly isOnlyCopies: boolean;
}

/** Reads every page of an SQLite file and checks the integrity of its structure. @returns `undefined` if it is intact */
export async function findDamage(db: Knex): Promise<Damage | undefined> {
  const [first] = await problemsOf(db, '1');
  if (first === undefined) return undefined;
  const damaged: string[] = [];
  for (const name of await tablesOf(db)) if ((await problemsOf(db, `'${name}'`)).length > 0) damaged.push(name);
  const isOnlyCopies =
    damaged.length > 0
      ? damaged.every((name) => COPIES.includes(name))
      : (await problemsOf(db, '100')).every((problem) => UNUSED_PAGE.test(problem));
  return { detail: first.replaceAll(/\s+/g, ' ').slice(0, 200), isOnlyCopies };
}

/**
 * Creates the tables with copies of directories again, empty. A damaged table cannot be dropped, because its pages
 * would be read: it is removed from the schema, and the file is then rewritten without its pages.
 */
export async function discardCopies(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    const isCopy = (): Knex.QueryBuilder => trx('sqlite_master').whereIn('tbl_name', COPIES).whereNotNull('sql');
    const statements: readonly string[] = await isCopy().orderByRaw(`type = 'table' desc`).pluck('sql');
    await trx.raw('pragma writable_schema = on');
    await trx('sqlite_master').whereIn('tbl_name', COPIES).delete();
    await trx.raw('pragma writable_schema = reset');
    for (const statement of statements) await trx.raw(statement);
  });
  await db.raw('vacuum');
}

async function tablesOf(db: Knex): Promise<readonly string[]> {
  return db('sqlite_master').where({ type: 'table' }).whereNot('name', 'like', 'sqlite_%').pluck('name');
}

async function problemsOf(db: Knex, of: string): Promise<readonly string[]> {
  const rows = await rowsOf<{ quick_check: string }>(db.raw(`pragma quick_check(${of})`)).catch((error: unknown) => {
    if (!DAMAGED.test(String((error as { code?: unknown }).code))) throw error;
    return [{ quick_check: String((error as Error).message) }];
  });
  return rows
    .flatMap(({ quick_check }) => quick_check.split('\n'))
    .filter((line) => line !== 'ok' && !line.startsWith('***'));
}
