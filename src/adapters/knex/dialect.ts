import type { Knex } from 'knex';

/** The two databases differ here and nowhere else. */
export const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';

/**
 * What to select `value` from, one row for each element of a JSON array that is bound to its `?`: a
 * statement takes any number of values this way, as one variable. `value->>0` works on both.
 */
export const jsonArray = (db: Knex): string =>
  isPostgres(db) ? 'json_array_elements(cast(? as json))' : 'json_each(?)';

/** Rows of a raw statement that answers with some. */
export async function rowsOf<Row>(statement: Knex.Raw): Promise<readonly Row[]> {
  const answer: readonly Row[] | { readonly rows: readonly Row[] } = await statement;
  return 'rows' in answer ? answer.rows : answer;
}

/**
 * Tells PostgreSQL how a table looks after many rows came or went. By itself it finds out a minute
 * later, and until then reads the whole table where it has an index.
 */
export async function analyze(trx: Knex.Transaction, table: string): Promise<void> {
  if (isPostgres(trx)) await trx.raw('analyze (skip_locked) ??', [table]);
}

/** Makes everybody else who wants this lock wait until `trx` has ended. SQLite has one transaction at a time anyway. */
export async function lock(trx: Knex.Transaction, name: string): Promise<void> {
  if (isPostgres(trx)) await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [name]);
}
