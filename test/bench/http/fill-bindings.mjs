// Writes bindings, an access token and accepted terms into a data folder: node fill-bindings.mjs DIST FOLDER ADDRESSES; instead
// of a folder, the URL of a PostgreSQL database
import { hash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { addressAt, mxidAt, TERMS_URL, TOKEN, USER } from './people.mjs';

const [dist, folder, addresses] = [process.argv[2], process.argv[3], Number(process.argv[4])];
// The former build has a file for each module.
const places = ['adapters/knex/database.js', '../src/adapters/knex/database.ts'];
const { openDatabase } = await import(places.map((place) => join(resolve(dist), place)).find((file) => existsSync(file)));
const isFolder = !folder.startsWith('postgres:');
if (isFolder) mkdirSync(folder, { recursive: true });
const db = await openDatabase(
  isFolder ? { client: 'sqlite3', file: join(folder, 'islet.db') } : { client: 'pg', url: folder, connections: 2 },
);
const now = Date.now();
const AT_ONCE = 1_000;
const elements = isFolder ? 'json_each(?)' : 'json_array_elements(cast(? as json))';
await db.transaction(async (trx) => {
  // Missing in the former build. Without it, this one would read all addresses again at its first start.
  const isOfMailbox = await trx.schema.hasColumn('associations', 'mailbox');
  for (let start = 0; start < addresses; start += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, addresses - start) }, (_, i) => start + i).map((at) => [
      addressAt(at),
      mxidAt(at),
    ]);
    await trx.raw(
      `insert into associations (medium, address, mxid, bound_at, not_before, not_after${isOfMailbox ? ', mailbox' : ''})
       select 'email', value->>0, value->>1, cast(? as bigint), cast(? as bigint), cast(? as bigint)${isOfMailbox ? ', value->>0' : ''}
       from ${elements}`,
      [now, now, now + 1e12, JSON.stringify(rows)],
    );
  }
  // The former build does not note the last use; in this one, a token without it is removed as unused.
  const use = (await trx.schema.hasColumn('access_tokens', 'used_at')) ? { used_at: now } : {};
  await trx('access_tokens').insert({ token_hash: hash('sha256', TOKEN), mxid: USER, created_at: now, ...use });
  await trx('accepted_terms').insert({ mxid: USER, url: TERMS_URL, accepted_at: now });
});
await db.destroy();
