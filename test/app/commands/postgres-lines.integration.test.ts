import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { dumpLine, preventRepeatsLine, restoreLine } from '../../../src/app/commands/postgres-lines.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { freshDatabase } from '../../support/postgres-server.js';
import { secretBox } from '../../support/secret-box.js';
import { sharedPostgres } from '../../support/services.js';

const postgres = await sharedPostgres();
const clock = { now: () => 1 };
const invite = {
  token: 't1',
  threepid: email('anna@example.org'),
  roomId: '!room:example.org',
  sender: '@bob:example.org' as const,
  ephemeralPublicKey: 'key',
  keyId: 'ed25519:0',
  createdAt: 1,
  deliveredAt: undefined,
};
const mail = { kind: 'invite-mail', payload: { address: 'anna@example.org', token: 't1' }, runAt: 1 };

async function stored(url: string) {
  const db = await openDatabase({ client: 'pg', url });
  onTestFinished(() => db.destroy());
  return { db, stores: knexStores(db, clock, secretBox) };
}

async function emptyDatabase(): Promise<string> {
  const { url, drop } = await freshDatabase(postgres.url);
  onTestFinished(drop);
  return url;
}

it('the printed commands copy a PostgreSQL database, and no message is sent twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'islet-dump-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [from, to] = [await emptyDatabase(), await emptyDatabase()];
  const before = await stored(from);
  await before.stores.invites.add(invite, []);
  await before.db('jobs').insert({ kind: mail.kind, payload: JSON.stringify(mail.payload), run_at: 1, attempts: 0 });

  const shell = (line: string) =>
    promisify(execFile)('bash', ['-c', line], { env: { ...process.env, PGPASSWORD: new URL(from).password } });
  await shell(dumpLine(from, join(folder, 'islet.dump')));
  await shell(restoreLine(to, join(folder, 'islet.dump')));
  await shell(preventRepeatsLine(to));

  const { db, stores } = await stored(to);
  expect((await stores.invites.get('t1'))?.restoredAt).toBeGreaterThan(Date.now() - 600_000);
  expect(await db('jobs').select('kind')).toEqual([]);
  expect(await stores.audit.find({ limit: 9 })).toMatchObject([
    { action: 'invited' },
    { action: 'backup_restored', by: 'operator' },
  ]);
});
