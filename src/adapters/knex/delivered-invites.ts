import type { Knex } from 'knex';
import { isOneOf } from './rows.js';

/** Longer than a job is tried. */
const UNANSWERED_MS = 30 * 24 * 60 * 60 * 1000;

/** `InviteStore.purgeDelivered`. Keys of purged invitations are kept with those of imported ones. */
export async function purgeDelivered(trx: Knex.Transaction, time: number, limit: number): Promise<number> {
  const rows = await trx<Row>('invites')
    .where('delivered_at', '<', time)
    .where((row) => {
      void row
        .whereNotNull('confirmed_at')
        .orWhereNotNull('failure')
        .orWhere('delivered_at', '<', time - UNANSWERED_MS);
    })
    .orderBy('delivered_at')
    .limit(limit)
    .select('token', 'ephemeral_public_key');
  const keys = new Set(rows.flatMap(({ ephemeral_public_key: key }) => (key === '' ? [] : key)));
  if (keys.size > 0)
    await trx('imported_ephemeral_keys')
      .insert([...keys].map((public_key) => ({ public_key })))
      .onConflict('public_key')
      .ignore();
  const tokens = rows.map(({ token }) => token);
  return trx('invites')
    .where(isOneOf(trx, 'token', tokens))
    .delete();
}

interface Row {
  readonly token: string;
  readonly ephemeral_public_key: string;
  readonly delivered_at: number | null;
  readonly confirmed_at: number | null;
  readonly failure: string | null;
}
