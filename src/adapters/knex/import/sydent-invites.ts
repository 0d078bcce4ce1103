import type { Knex } from 'knex';
import { isRoomId, parseMxid } from '../../../domain/identifiers/mxid.js';
import { tryThreepid } from '../../../domain/identifiers/threepid.js';
import type { StoredInvite } from '../../../domain/invites/invite.js';
import { isOpaqueId } from '../../../domain/validation/validation-session.js';
import { instantOf, textOf } from './foreign-database.js';
import type { LeftOutRows } from './imported-data.js';

const INVITES = 'invite_tokens';

interface Row {
  readonly id: number;
  readonly medium: unknown;
  readonly address: unknown;
  readonly room_id: unknown;
  readonly sender: unknown;
  readonly token: unknown;
  readonly received_ts: unknown;
  readonly sent_ts: unknown;
}

/**
 * Its pending and delivered invitations. Sydent does not store which ephemeral key belongs to which invitation, so
 * invitations have none; all keys are kept separately.
 */
export async function readInvites(
  db: Knex,
  { keyId, now }: { readonly keyId: string; readonly now: number },
  leftOut: LeftOutRows,
): Promise<readonly StoredInvite[]> {
  const found = new Map<string, StoredInvite>();
  for (const row of (await db(INVITES).orderBy('id')) as Row[]) {
    const invite = inviteOf(row, keyId, now, leftOut);
    if (!invite) continue;
    if (found.has(invite.token)) leftOut.add(INVITES, 'another invitation has the same token', row.id);
    else found.set(invite.token, invite);
  }
  return [...found.values()];
}

function inviteOf(row: Row, keyId: string, now: number, leftOut: LeftOutRows): StoredInvite | undefined {
  const threepid = tryThreepid(textOf(row.medium), textOf(row.address).trim());
  if (threepid?.medium !== 'email') return leftOut.add(INVITES, 'no email address', row.id);
  const sender = parseMxid(textOf(row.sender));
  if (!sender) return leftOut.add(INVITES, 'no valid sender', row.id);
  const [roomId, token] = [textOf(row.room_id), textOf(row.token)];
  if (!isRoomId(roomId)) return leftOut.add(INVITES, 'no valid room', row.id);
  if (!isOpaqueId(token)) return leftOut.add(INVITES, 'no valid token', row.id);
  const deliveredAt = instantOf(row.sent_ts);
  return {
    token,
    threepid,
    roomId,
    sender,
    ephemeralPublicKey: '',
    keyId,
    createdAt: instantOf(row.received_ts) ?? now,
    deliveredAt,
    // Whether the homeserver accepted it is unknown; it is not delivered again.
    ...(deliveredAt !== undefined && { confirmedAt: deliveredAt }),
  };
}
