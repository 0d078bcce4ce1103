import pg from 'pg';
import { openDatabase } from '../../src/adapters/knex/database.js';
import { freshDatabase } from './postgres-server.js';

/**
 * A database with all tables. `empty` restores the state after the migrations, which takes much less time than to
 * migrate again.
 *
 * @param serverUrl the server, as an administrator
 */
export async function migratedPostgres(serverUrl: string) {
  const { url, drop } = await freshDatabase(serverUrl);
  await (await openDatabase({ client: 'pg', url })).destroy();
  const administrator = new pg.Client(url);
  await administrator.connect();
  const restore = await restoration(administrator);
  return {
    url,
    empty: async () => void (await administrator.query(restore)),
    drop: async () => {
      await administrator.end();
      await drop();
    },
  };
}

/** Statements that empty each table without its triggers, and insert the rows that it has now. */
async function restoration(client: pg.Client): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  const statements = ['set session_replication_role = replica'];
  for (const { name } of tables) {
    const { rows } = await client.query<{ all: object[] | null }>(`select json_agg(t) as all from ${name} t`);
    statements.push(`delete from ${name}`);
    const kept = client.escapeLiteral(JSON.stringify(rows[0]?.all ?? []));
    if (rows[0]?.all)
      statements.push(`insert into ${name} select * from json_populate_recordset(null::${name}, ${kept})`);
  }
  const { rows: sequences } = await client.query<{ name: string; value: string | null }>(
    `select quote_ident(sequencename) as name, last_value as value from pg_sequences where schemaname = 'public'`,
  );
  for (const { name, value } of sequences) {
    statements.push(`select setval('${name}', ${value ?? 1}, ${value !== null})`);
  }
  return statements.join('; ');
}
