// Puts bindings, an access token and accepted terms into a data folder: node fill-bindings.mjs DIST FOLDER ADDRESSES; instead
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
const lifetime = { bound_at: now, not_before: now, not_after: now + 1e12 };
const AT_ONCE = 1_000;
await db.transaction(async (trx) => {
  for (let start = 0; start < addresses; start += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, addresses - start) }, (_, i) => start + i).map((at) => ({
      medium: 'email',
      address: addressAt(at),
      alias: null,
      mxid: mxidAt(at),
      ...lifetime,
    }));
    await trx.batchInsert('associations', rows, 100);
  }
  // The former build does not note the last use; in this one, a token without it is removed as unused.
  const use = (await trx.schema.hasColumn('access_tokens', 'used_at')) ? { used_at: now } : {};
  await trx('access_tokens').insert({ token_hash: hash('sha256', TOKEN), mxid: USER, created_at: now, ...use });
  await trx('accepted_terms').insert({ mxid: USER, url: TERMS_URL, accepted_at: now });
});
await db.destroy();
