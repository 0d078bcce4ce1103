import type { StoredInvite } from '../../domain/invites/invite.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { type ThreepidColumns, threepidColumns, threepidOf } from './rows.js';

/**
 * Prefix of the key id of an invitation whose token is sealed. Older versions have no key with such an id, so they
 * retry later instead of sending invalid data to a homeserver.
 */
export const SEALED_KEY = 'sealed ';

export interface InviteRow extends ThreepidColumns {
  /** A reference; for unsealed rows the token itself. */
  readonly token: string;
  readonly sealed_token: string | null;
  readonly room_id: string;
  readonly sender: Mxid;
  readonly ephemeral_public_key: string;
  readonly key_id: string;
  readonly created_at: number;
  readonly delivered_at: number | null;
  readonly confirmed_at: number | null;
  readonly failure: string | null;
  readonly restored_at: number | null;
  readonly pending_mail?: string | null;
}

/** The invitation without its token. */
export const detailsOf = (row: InviteRow): Omit<StoredInvite, 'token'> => ({
  threepid: threepidOf(row),
  roomId: row.room_id,
  sender: row.sender,
  ephemeralPublicKey: row.ephemeral_public_key,
  keyId: row.key_id.replace(SEALED_KEY, ''),
  createdAt: row.created_at,
  deliveredAt: row.delivered_at ?? undefined,
  ...(row.confirmed_at !== null && { confirmedAt: row.confirmed_at }),
  ...(row.failure !== null && { failure: row.failure }),
  ...(row.restored_at !== null && { restoredAt: row.restored_at }),
});

/** The columns that are not sealed. */
export const columnsOf = (invite: StoredInvite): Omit<InviteRow, 'token' | 'sealed_token' | 'key_id'> => ({
  ...threepidColumns(invite.threepid),
  room_id: invite.roomId,
  sender: invite.sender,
  ephemeral_public_key: invite.ephemeralPublicKey,
  created_at: invite.createdAt,
  delivered_at: invite.deliveredAt ?? null,
  confirmed_at: invite.confirmedAt ?? null,
  failure: invite.failure ?? null,
  restored_at: invite.restoredAt ?? null,
});
