import type { Knex } from 'knex';

const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';

/**
 * Triggers record every deletion of an access token or of accepted terms, so that every instance removes it from its
 * cache. Positions become visible in order, because writers hold a lock.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('revocations', (t) => {
    t.bigIncrements('position'); // for reading new rows; never reused
    t.bigInteger('made_at').notNullable();
    t.text('kind').notNullable(); // 'token' or 'terms'
    t.text('subject').notNullable(); // the hash of the token, or the user ID
    t.index('made_at'); // purge()
  });
  await db.schema.createTable('revocations_purged', (t) => {
    t.bigInteger('position').notNullable(); // of the last purged revocation
  });
  await db('revocations_purged').insert({ position: 0 });
  if (isPostgres(db)) {
    await db.raw(`
      create function islet_note_revocation() returns trigger language plpgsql as $$
      begin
        perform pg_advisory_xact_lock(hashtextextended('islet change feed', 0));
        insert into revocations (made_at, kind, subject) values (
          (extract(epoch from clock_timestamp()) * 1000)::bigint,
          tg_argv[0],
          to_jsonb(old) ->> tg_argv[1]
        );
        return null;
      end $$`);
  }
  for (const [table, kind, column] of NOTED) await db.raw(triggerOf(db, table, kind, column));
}

const NOTED = [
  ['access_tokens', 'token', 'token_hash'],
  ['accepted_terms', 'terms', 'mxid'],
] as const;

const triggerOf = (db: Knex, table: string, kind: string, column: string): string =>
  isPostgres(db)
    ? `create trigger islet_${kind}_revoked after delete on ${table} for each row
       execute function islet_note_revocation('${kind}', '${column}')`
    : `create trigger islet_${kind}_revoked after delete on ${table} begin
         insert into revocations (made_at, kind, subject)
         values (cast((julianday('now') - 2440587.5) * 86400000 as integer), '${kind}', old.${column});
       end`;

export async function down(db: Knex): Promise<void> {
  for (const [table, kind] of NOTED) {
    // On SQLite it no longer exists if the table was recreated to drop a column.
    await db.raw(`drop trigger if exists islet_${kind}_revoked${isPostgres(db) ? ` on ${table}` : ''}`);
  }
  if (isPostgres(db)) await db.raw('drop function islet_note_revocation()');
  await db.schema.dropTable('revocations_purged');
  await db.schema.dropTable('revocations');
}
