import type { Knex } from 'knex';
import { keyOf, tryThreepid } from '../../../domain/identifiers/threepid.js';
import { isExpired, isOpaqueId, type ValidationSession } from '../../../domain/validation/validation-session.js';
import { instantOf, textOf } from './foreign-database.js';
import type { LeftOutRows } from './imported-data.js';

const SESSIONS = 'threepid_validation_sessions';

interface Row {
  readonly id: number;
  readonly medium: unknown;
  readonly address: unknown;
  readonly clientSecret: unknown;
  readonly validated: unknown;
  readonly mtime: unknown;
  readonly token: unknown;
}

/** Unexpired sessions that are validated or have an outstanding mail. The counts of attempts are not imported. */
export async function readSessions(db: Knex, now: number, leftOut: LeftOutRows): Promise<readonly ValidationSession[]> {
  const rows: Row[] = await db(SESSIONS)
    .leftJoin('threepid_token_auths', 'threepid_token_auths.validationSession', `${SESSIONS}.id`)
    .orderBy([`${SESSIONS}.mtime`, `${SESSIONS}.id`])
    .select(`${SESSIONS}.*`, 'threepid_token_auths.token as token');
  const newest = new Map<string, ValidationSession>();
  for (const row of rows) {
    const session = sessionOf(row, now, leftOut);
    if (!session) continue;
    const key = `${keyOf(session.threepid)} ${session.clientSecret}`;
    const other = newest.get(key);
    if (other && other.sid !== session.sid) {
      // The same address with different case; a validated session takes precedence.
      const [kept, dropped] =
        other.validatedAt !== undefined && session.validatedAt === undefined ? [other, session] : [session, other];
      leftOut.add(SESSIONS, 'another session has the same address and client secret', dropped.sid);
      newest.set(key, kept);
    } else newest.set(key, session);
  }
  return [...newest.values()];
}

function sessionOf(row: Row, now: number, leftOut: LeftOutRows): ValidationSession | undefined {
  const modifiedAt = instantOf(row.mtime) ?? 0;
  const [clientSecret, token] = [textOf(row.clientSecret), textOf(row.token)];
  const isValidated = Number(row.validated) === 1;
  const threepid = tryThreepid(textOf(row.medium), textOf(row.address).trim());
  if (!threepid) return leftOut.add(SESSIONS, 'no email address or phone number', row.id);
  if (!isOpaqueId(clientSecret)) return leftOut.add(SESSIONS, 'no valid client secret', row.id);
  if (isExpired({ modifiedAt } as ValidationSession, now)) return leftOut.add(SESSIONS, 'older than 24 hours', row.id);
  if (!isValidated && token === '') return leftOut.add(SESSIONS, 'no token was sent', row.id);
  return {
    sid: textOf(row.id),
    threepid,
    clientSecret,
    token,
    sendAttempt: -1,
    nextLink: undefined,
    validatedAt: isValidated ? modifiedAt : undefined,
    openedAt: modifiedAt,
    modifiedAt,
  };
}
