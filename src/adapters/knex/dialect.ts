import type { Knex } from 'knex';

/** All differences between the two databases are handled here. */
export const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';

/**
 * A table expression with one row `value` per element of the JSON array bound to its `?`. It allows any number of
 * values in a single bound variable. `value->>0` works on both databases.
 */
export const jsonArray = (db: Knex): string =>
  isPostgres(db) ? 'json_array_elements(cast(? as json))' : 'json_each(?)';

/** The rows returned by a raw statement. */
export async function rowsOf<Row>(statement: Knex.Raw): Promise<readonly Row[]> {
  const answer: readonly Row[] | { readonly rows: readonly Row[] } = await statement;
  return 'rows' in answer ? answer.rows : answer;
}

/**
 * Updates the table statistics of PostgreSQL after many rows were added or removed. Autovacuum does so about a minute
 * later, and until then queries would scan the whole table instead of using an index.
 */
export async function analyze(trx: Knex.Transaction, table: string): Promise<void> {
  if (isPostgres(trx)) await trx.raw('analyze (skip_locked) ??', [table]);
}

/** Acquires a lock until the end of `trx`. SQLite has only one transaction at a time anyway. */
export async function lock(trx: Knex.Transaction, name: string): Promise<void> {
  if (isPostgres(trx)) await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [name]);
}
