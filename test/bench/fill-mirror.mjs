// Writes a mirror of many people into a data folder, like a sync: node fill-mirror.mjs FOLDER PEOPLE
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../src/adapters/knex/database.ts';
import { knexStores } from '../../src/adapters/knex/stores.ts';

const [folder, people] = [process.argv[2], Number(process.argv[3])];
mkdirSync(folder, { recursive: true });
const db = await openDatabase({ client: 'sqlite3', file: join(folder, 'islet.db') });
const { mirrors } = knexStores(db, { now: () => Date.now() });
const BASE = 'ou=people,dc=example,dc=org';
const AT_ONCE = 50_000;
for (let start = 0; start < people; start += AT_ONCE) {
  const upserts = mirrors.draft();
  for (let at = start; at < Math.min(start + AT_ONCE, people); at++) upserts.add(entry(at));
  const bases = { [BASE]: start + upserts.size };
  const state = { syncedAt: Date.now(), attemptedAt: Date.now(), bases, failure: undefined };
  await mirrors.apply('people', { upserts, removed: [], state, changes: [] });
}
await db.destroy();

/** Two mail addresses and a phone number each, as in the directories of the other benchmarks. */
function entry(at) {
  return {
    id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    label: `uid=user${at},${BASE}`,
    digest: `digest${at}`,
    base: BASE,
    skipped: [],
    person: {
      mxid: `@user${at}:example.org`,
      threepids: [
        { medium: 'email', address: `user${at}@example.org` },
        { medium: 'email', address: `first.last${at}@mail.example.org` },
        { medium: 'msisdn', address: `49221${1_000_000 + at}` },
      ],
    },
  };
}
