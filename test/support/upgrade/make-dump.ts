import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { findPostgres, freshDatabase, startPostgres } from '../postgres-server.js';
import { dumpPostgres, dumpSqlite, DUMPS } from './dumps.js';
import { fill, readBack } from './stored-data.js';

/*
 * Stores some data with the present code and dumps it, for the upgrade tests of later versions: `npm run dump`.
 * See docs/development/releasing.md.
 */
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
  version: string;
};
const programs = await findPostgres();
if (programs === undefined) throw new Error('this needs the Debian package postgresql');
await mkdir(DUMPS, { recursive: true });

const folder = await mkdtemp(join(tmpdir(), 'islet-dump-'));
const sqlite = await openDatabase({ client: 'sqlite3', file: join(folder, 'islet.db') });
await fill(sqlite);
await writeFile(join(DUMPS, `${version}.sqlite.sql`), await dumpSqlite(sqlite));
await writeFile(join(DUMPS, `${version}.json`), `${JSON.stringify(await readBack(sqlite), undefined, 2)}\n`);
await sqlite.destroy();
await rm(folder, { recursive: true });

const server = await startPostgres(programs);
const { url } = await freshDatabase(server.url);
const postgres = await openDatabase({ client: 'pg', url });
await fill(postgres);
await postgres.destroy();
await writeFile(join(DUMPS, `${version}.postgres.sql`), await dumpPostgres(url));
await server.stop();
