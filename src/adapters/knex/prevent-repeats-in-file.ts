import { existsSync } from 'node:fs';
import knex, { type Knex } from 'knex';
import type { Cause } from '../../domain/shared/cause.js';
import type { Clock } from '../../ports/clock.js';
import type { SecretBox } from '../../ports/secret-box.js';
import { connect } from './database.js';
import { versionOf } from './migrations.js';
import { isSuccessor, type PreventedRepeats, preventRepeats } from './prevent-repeats.js';
import { knexStores } from './stores.js';

/**
 * Prevents a restored backup from repeating what was done after it was made (see `preventRepeats`), and records the
 * restore.
 *
 * @param draft file with a checked copy of the backup; changed in one transaction
 * @param replaced file of the database that is replaced, not open in any process; it may be missing or damaged
 * @param box opens what is sealed in the backup
 * @returns `undefined` if the backup is of an older version, and nothing was changed
 */
export async function preventRepeatsInFile(
  draft: string,
  replaced: string,
  box: SecretBox,
  clock: Clock,
  cause: Cause,
): Promise<PreventedRepeats | undefined> {
  const db = knex({
    client: 'sqlite3',
    connection: { filename: draft },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  const other = existsSync(replaced) ? connect({ client: 'sqlite3', file: replaced }) : undefined;
  try {
    if ((await versionOf(db))?.pending !== 0) return undefined;
    const prevent = (source: Knex | undefined) =>
      db.transaction(async (trx) => {
        const stores = knexStores(trx, clock, box);
        const prevented = await preventRepeats(trx, stores, source, clock.now());
        await stores.audit.add([{ action: 'backup_restored' }], cause);
        return prevented;
      });
    const isUsable = other !== undefined && (await isSuccessor(db, other).catch(() => false));
    // A damaged database can break anywhere; the transaction is then rolled back.
    return await (isUsable ? prevent(other).catch(() => prevent(undefined)) : prevent(undefined));
  } finally {
    await other?.destroy();
    await db.destroy();
  }
}
