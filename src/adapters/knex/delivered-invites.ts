import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { BY_ISLET } from '../../domain/shared/cause.js';
import type { KnexAuditLog } from './audit-log.js';
import { isOneOf, type ThreepidColumns, threepidOf } from './rows.js';

/** Longer than any job is retried. */
const UNANSWERED_MS = 30 * 24 * 60 * 60 * 1000;

/** `InviteStore.purgeDelivered`. Keys of purged invitations are kept with those of imported ones. */
export async function purgeDelivered(
  trx: Knex.Transaction,
  time: number,
  limit: number,
  audit: KnexAuditLog,
): Promise<number> {
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
    .select('token', 'ephemeral_public_key', 'sender', 'room_id', 'medium', 'address', 'alias');
  const entries = rows.map((row) => ({
    action: 'invite_expired' as const,
    mxid: row.sender,
    threepid: threepidOf(row),
    detail: row.room_id,
  }));
  await audit.addWithin(trx, entries, BY_ISLET);
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

interface Row extends ThreepidColumns {
  readonly token: string;
  readonly ephemeral_public_key: string;
  readonly sender: Mxid;
  readonly room_id: string;
  readonly delivered_at: number | null;
  readonly confirmed_at: number | null;
  readonly failure: string | null;
}
