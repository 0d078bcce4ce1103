import { existsSync } from 'node:fs';
import knex, { type Knex } from 'knex';
import type { Clock } from '../../ports/clock.js';
import type { SecretBox } from '../../ports/secret-box.js';
import { connect } from './database.js';
import { versionOf } from './migrations.js';
import { isSuccessor, type Settlement, settleRestored } from './settle-restored.js';
import { knexStores } from './stores.js';

/**
 * Settles in a backup what was done after it was made (see `settleRestored`).
 *
 * @param draft file with a checked copy of the backup; changed in one transaction
 * @param replaced file of the database that is replaced, not open in any process; it may be missing or damaged
 * @param box opens what is sealed in the backup
 * @returns `undefined` if the backup is of an older version, and nothing was changed
 */
export async function settleFile(
  draft: string,
  replaced: string,
  box: SecretBox,
  clock: Clock,
): Promise<Settlement | undefined> {
  const db = knex({
    client: 'sqlite3',
    connection: { filename: draft },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  const other = existsSync(replaced) ? connect({ client: 'sqlite3', file: replaced }) : undefined;
  try {
    if ((await versionOf(db))?.pending !== 0) return undefined;
    const settle = (source: Knex | undefined) =>
      db.transaction((trx) => settleRestored(trx, knexStores(trx, clock, box), source, clock.now()));
    const isUsable = other !== undefined && (await isSuccessor(db, other).catch(() => false));
    // A damaged database can break anywhere; the transaction is then rolled back.
    return await (isUsable ? settle(other).catch(() => settle(undefined)) : settle(undefined));
  } finally {
    await other?.destroy();
    await db.destroy();
  }
}
