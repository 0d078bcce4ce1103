import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import knex, { type Knex } from 'knex';
import { connect } from '../../adapters/knex/database.js';
import { versionOf } from '../../adapters/knex/migrations.js';
import { isSuccessor, type Settlement, settleRestored } from '../../adapters/knex/settle-restored.js';
import { knexStores } from '../../adapters/knex/stores.js';
import { DerivedSecretBox } from '../../adapters/signing/derived-secret-box.js';
import { parseKeys } from '../../adapters/signing/key-file.js';
import { SystemClock } from '../../adapters/system/system-clock.js';

/**
 * Settles in a backup what was done after it was made, so that people do not get it twice.
 *
 * @param draft file with a checked copy of the backup; changed in one transaction
 * @param replaced file of the database that is replaced, not open in any process; it may be missing or damaged
 * @param keyFile file with the signing key, with which the backup is sealed
 * @returns sentences for the operator
 */
export async function settleDraft(draft: string, replaced: string, keyFile: string): Promise<readonly string[]> {
  const db = knex({
    client: 'sqlite3',
    connection: { filename: draft },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  const other = existsSync(replaced) ? connect({ client: 'sqlite3', file: replaced }) : undefined;
  try {
    if ((await versionOf(db))?.pending !== 0) {
      return ['The backup is of an older version: invitations that were delivered or mailed since may be sent again'];
    }
    const clock = new SystemClock();
    const box = new DerivedSecretBox(parseKeys(await readFile(keyFile, 'utf8')));
    const settle = (source: Knex | undefined) =>
      db.transaction((trx) => settleRestored(trx, knexStores(trx, clock, box), source, clock.now()));
    const isUsable = other !== undefined && (await isSuccessor(db, other).catch(() => false));
    // A damaged database can break anywhere; the transaction is then rolled back.
    const settlement = await (isUsable ? settle(other).catch(() => settle(undefined)) : settle(undefined));
    return sentences(settlement);
  } finally {
    await other?.destroy();
    await db.destroy();
  }
}

function sentences({ isKnown, delivered, mails }: Settlement): readonly string[] {
  if (isKnown) {
    return [
      `The replaced database tells what was done since the backup: ${delivered} invitations were delivered and ` +
        `${mails} mails were sent, and are not sent again`,
    ];
  }
  if (mails === 0) return [];
  return [
    `${mails} mails of invitations may have been sent since the backup, and are not sent again: see islet invites`,
  ];
}
