import type { Knex } from 'knex';
import { isRoomId, parseMxid } from '../../../domain/identifiers/mxid.js';
import { keyOf, tryThreepid } from '../../../domain/identifiers/threepid.js';
import type { StoredInvite } from '../../../domain/invites/invite.js';
import { fromBase64, toBase64 } from '../../../domain/signing/base64.js';
import { isExpired, isOpaqueId, type ValidationSession } from '../../../domain/validation/validation-session.js';
import { instantOf, isSet, readForeign, textOf } from './foreign-database.js';
import { type ImportedData, type ImportedTerms, LeftOutRows } from './imported-data.js';

export interface Ma1sdOptions {
  /** The ids of its signing keys, such as `ed25519:AAAA`; the first one signs. */
  readonly keyIds: readonly [string, ...string[]];
  /** The public keys of its ephemeral keys, in unpadded standard base64. */
  readonly ephemeralKeys: readonly string[];
  /** ms since the epoch. */
  readonly now: number;
  /** Replaces the password in a PostgreSQL URL. */
  readonly password?: string | undefined;
}

const INVITES = 'invite_3pid';
const HISTORY = 'invite_3pid_history';
const SESSIONS = 'session_3pid';

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads a database of ma1sd or mxisd, SQLite or PostgreSQL. They store no bindings.
 *
 * @throws ImportError if it is not such a database
 */
export async function readMa1sd(place: string, options: Ma1sdOptions): Promise<ImportedData> {
  const { password, now } = options;
  return readForeign(place, { program: 'ma1sd', table: INVITES, password }, async (db) => {
    const leftOut = new LeftOutRows();
    const { invites, keys } = await readInvites(db, options, leftOut);
    for (const row of await rowsOf(db, 'account')) {
      leftOut.add('account', 'access tokens of an hour: clients sign in again by themselves', textOf(row['userId']));
    }
    return {
      bindings: [],
      invites,
      ephemeralKeys: [...new Set([...options.ephemeralKeys, ...keys])],
      tokens: [],
      terms: await readTerms(db, now, leftOut),
      sessions: await readSessions(db, now, leftOut),
      pepper: undefined,
      leftOut: leftOut.list(),
    };
  });
}

/** The rows of a table; none if it does not exist, as in older versions. */
async function rowsOf(db: Knex, table: string): Promise<readonly Row[]> {
  return (await db.schema.hasTable(table)) ? ((await db(table)) as Row[]) : [];
}

interface Invites {
  readonly invites: readonly StoredInvite[];
  /** Ephemeral public keys of all rows, including those that are left out. */
  readonly keys: readonly string[];
}

async function readInvites(db: Knex, options: Ma1sdOptions, leftOut: LeftOutRows): Promise<Invites> {
  const found = new Map<string, StoredInvite>();
  const keys: string[] = [];
  const take = (table: string, row: Row) => {
    const properties = propertiesOf(row);
    const key = publicKeyOf(properties['e_key_public']);
    if (key !== '') keys.push(key);
    const invite = inviteOf(table, row, properties, options, leftOut);
    if (!invite) return;
    const delivery = table === HISTORY ? deliveryOf(row, leftOut) : {};
    if (!delivery) return;
    if (found.has(invite.token)) leftOut.add(table, 'a second one with the same token', textOf(row['id']));
    else found.set(invite.token, { ...invite, ...delivery });
  };
  for (const row of await rowsOf(db, INVITES)) take(INVITES, row);
  for (const row of await rowsOf(db, HISTORY)) take(HISTORY, row);
  return { invites: [...found.values()], keys };
}

function inviteOf(
  table: string,
  row: Row,
  properties: Row,
  { keyIds, now }: Ma1sdOptions,
  leftOut: LeftOutRows,
): StoredInvite | undefined {
  const leaveOut = (reason: string) => leftOut.add(table, reason, textOf(row['id']));
  const threepid = tryThreepid(textOf(row['medium']).toLowerCase(), textOf(row['address']).trim());
  if (!threepid) return leaveOut('no email address or phone number');
  const sender = parseMxid(textOf(row['sender']));
  if (!sender) return leaveOut('no valid sender');
  const [roomId, token] = [textOf(row['roomId']), textOf(row['token'])];
  if (!isRoomId(roomId)) return leaveOut('no valid room');
  if (!isOpaqueId(token)) return leaveOut('no valid token');
  const keyId = `ed25519:${textOf(properties['p_key_serial'])}`;
  return {
    token,
    threepid,
    roomId,
    sender,
    ephemeralPublicKey: publicKeyOf(properties['e_key_public']),
    // Versions before 1.3 did not store the key.
    keyId: keyIds.includes(keyId) ? keyId : keyIds[0],
    createdAt: instantOf(properties['created_at']) ?? now,
    deliveredAt: undefined,
  };
}

/** How an invitation in the history ended. @returns `undefined` if it is left out */
function deliveryOf(row: Row, leftOut: LeftOutRows): Partial<StoredInvite> | undefined {
  const resolvedAt = instantOf(row['resolvedAt']);
  if (/^@_(mxisd|ma1sd)[^:]*expired/.test(textOf(row['resolvedTo']))) {
    return leftOut.add(HISTORY, 'expired', textOf(row['id']));
  }
  if (isSet(row['couldPublish']) && resolvedAt !== undefined)
    return { deliveredAt: resolvedAt, confirmedAt: resolvedAt };
  return { failure: 'the server from which it was imported could not deliver it' };
}

const LONGEST_PROPERTIES = 65_536;

/** A JSON object of texts, written by the homeserver that sent the invitation. */
function propertiesOf(row: Row): Row {
  const text = textOf(row['properties']);
  if (text === '' || text.length > LONGEST_PROPERTIES) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Row) : {};
  } catch {
    return {};
  }
}

function publicKeyOf(value: unknown): string {
  const bytes = fromBase64(textOf(value));
  return bytes?.length === 32 ? toBase64(bytes) : '';
}

async function readTerms(db: Knex, now: number, leftOut: LeftOutRows): Promise<readonly ImportedTerms[]> {
  return (await rowsOf(db, 'accepted')).flatMap((row) => {
    const [mxid, url] = [parseMxid(textOf(row['userId'])), textOf(row['url'])];
    if (mxid && /^https?:\/\/\S{1,2000}$/.test(url))
      return [{ mxid, url, acceptedAt: instantOf(row['acceptedAt']) ?? now }];
    leftOut.add('accepted', mxid ? 'no URL' : 'no valid user ID', textOf(row['id']));
    return [];
  });
}

async function readSessions(db: Knex, now: number, leftOut: LeftOutRows): Promise<readonly ValidationSession[]> {
  const newest = new Map<string, ValidationSession>();
  for (const row of await rowsOf(db, SESSIONS)) {
    const session = sessionOf(row, now, leftOut);
    if (!session) continue;
    const key = `${keyOf(session.threepid)} ${session.clientSecret}`;
    const other = newest.get(key);
    const isBetter = other === undefined || rank(session) > rank(other);
    if (other) {
      leftOut.add(SESSIONS, 'another one of the same address and secret', isBetter ? other.sid : session.sid);
    }
    if (isBetter) newest.set(key, session);
  }
  return [...newest.values()];
}

/** Validated sessions take precedence, then the newest. */
const rank = ({ validatedAt, modifiedAt }: ValidationSession): number =>
  (validatedAt === undefined ? 0 : Number.MAX_SAFE_INTEGER / 2) + modifiedAt;

function sessionOf(row: Row, now: number, leftOut: LeftOutRows): ValidationSession | undefined {
  const leaveOut = (reason: string) => leftOut.add(SESSIONS, reason, textOf(row['id']));
  const [sid, clientSecret, token] = [textOf(row['id']), textOf(row['secret']), textOf(row['token'])];
  const threepid = tryThreepid(textOf(row['medium']).toLowerCase(), textOf(row['address']).trim());
  if (!threepid) return leaveOut('no email address or phone number');
  if (!isOpaqueId(sid) || !isOpaqueId(clientSecret)) return leaveOut('no valid client secret');
  if (!/^\S{1,255}$/.test(token)) return leaveOut('no token was sent');
  if (isSet(row['isRemote'])) return leaveOut('validated by another server');
  const openedAt = instantOf(row['creationTime']) ?? 0;
  const isValidated = isSet(row['validated']);
  const modifiedAt = (isValidated ? instantOf(row['validationTime']) : undefined) ?? openedAt;
  if (isExpired({ modifiedAt } as ValidationSession, now)) return leaveOut('older than 24 hours');
  const validatedAt = isValidated ? modifiedAt : undefined;
  const sendAttempt = Number(textOf(row['attempt'])) || 0;
  return { sid, threepid, clientSecret, token, sendAttempt, nextLink: undefined, validatedAt, openedAt, modifiedAt };
}
