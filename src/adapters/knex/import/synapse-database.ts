import type { Knex } from 'knex';
import { type Binding, BINDING_LIFETIME_MS } from '../../../domain/associations/binding.js';
import { homeserverOf, type Mxid, parseMxid } from '../../../domain/identifiers/mxid.js';
import { keyOf, tryThreepid } from '../../../domain/identifiers/threepid.js';
import { hasColumns, instantOf, isSet, readForeign, textOf } from './foreign-database.js';
import { type ImportedData, ImportError, LeftOutRows } from './imported-data.js';

export interface SynapseOptions {
  /** ms since the epoch. */
  readonly now: number;
  /** Replaces the password in a PostgreSQL URL. */
  readonly password?: string | undefined;
  /** Only users of this homeserver; absent: all. */
  readonly homeserver?: string | undefined;
  /** Only addresses that users have bound at one of these identity servers through Synapse; absent: all. */
  readonly sharedWith?: readonly string[] | undefined;
}

const THREEPIDS = 'user_threepids';
const SHARED = 'user_threepid_id_server';

interface Row {
  readonly user_id: unknown;
  readonly medium: unknown;
  readonly address: unknown;
  readonly validated_at?: unknown;
  readonly added_at?: unknown;
}

/**
 * Reads the addresses of users from the database of Synapse, SQLite or PostgreSQL. Users who are deactivated, guests and
 * users of application services are left out.
 *
 * @throws ImportError if it is not a database of Synapse
 */
export async function readSynapse(place: string, options: SynapseOptions): Promise<ImportedData> {
  const { password } = options;
  return readForeign(place, { program: 'Synapse', table: THREEPIDS, password }, async (db) => {
    if (!(await hasColumns(db, 'users', 'name', 'deactivated'))) {
      throw new ImportError('it is no database of Synapse: it has no table users with names');
    }
    const leftOut = new LeftOutRows();
    return {
      bindings: await readBindings(db, options, leftOut),
      invites: [],
      ephemeralKeys: [],
      tokens: [],
      terms: [],
      sessions: [],
      pepper: undefined,
      leftOut: leftOut.list(),
    };
  });
}

async function readBindings(db: Knex, options: SynapseOptions, leftOut: LeftOutRows): Promise<readonly Binding[]> {
  const { sharedWith } = options;
  const table = sharedWith ? SHARED : THREEPIDS;
  const users = await readUsers(db);
  const rows = await (sharedWith ? sharedRows(db, sharedWith) : (db(THREEPIDS) as Promise<readonly Row[]>));
  const found = new Map<string, Binding>();
  for (const row of rows) {
    const binding = bindingOf(row, users, options, (reason) => leftOut.add(table, reason, textOf(row.user_id)));
    if (!binding) continue;
    const key = keyOf(binding.threepid);
    const other = found.get(key);
    if (other && other.mxid !== binding.mxid) {
      leftOut.add(table, 'another user has the same address, added later', textOf(row.user_id));
    }
    if (!other || other.boundAt < binding.boundAt) found.set(key, binding);
  }
  return [...found.values()];
}

/** The rows of the identity servers, with the times of the same addresses in the accounts. */
async function sharedRows(db: Knex, servers: readonly string[]): Promise<readonly Row[]> {
  if (!(await hasColumns(db, SHARED, 'id_server'))) throw new ImportError(`it has no table ${SHARED}`);
  return db(SHARED)
    .leftJoin(THREEPIDS, (join) => {
      for (const column of ['user_id', 'medium', 'address']) join.on(`${SHARED}.${column}`, `${THREEPIDS}.${column}`);
    })
    .whereIn(`${SHARED}.id_server`, [...servers])
    .select(`${SHARED}.user_id`, `${SHARED}.medium`, `${SHARED}.address`, 'validated_at', 'added_at');
}

/** Why a user is left out, by user ID; `undefined` for those who are not. */
async function readUsers(db: Knex): Promise<ReadonlyMap<string, string | undefined>> {
  const rows: Readonly<Record<string, unknown>>[] = await db('users');
  return new Map(
    rows.map(({ name, deactivated, is_guest, appservice_id }) => {
      if (isSet(deactivated)) return [textOf(name), 'the user is deactivated'];
      if (isSet(is_guest)) return [textOf(name), 'the user is a guest'];
      return [textOf(name), textOf(appservice_id) === '' ? undefined : 'the user belongs to an application service'];
    }),
  );
}

function bindingOf(
  row: Row,
  users: ReadonlyMap<string, string | undefined>,
  { now, homeserver }: SynapseOptions,
  leaveOut: (reason: string) => undefined,
): Binding | undefined {
  const name = textOf(row.user_id);
  const mxid: Mxid | undefined = parseMxid(name);
  if (!mxid) return leaveOut('no valid user ID');
  if (!users.has(name)) return leaveOut('there is no such user');
  const reason = users.get(name);
  if (reason !== undefined) return leaveOut(reason);
  if (homeserver !== undefined && homeserverOf(mxid) !== homeserver) return leaveOut(`not a user of ${homeserver}`);
  const threepid = tryThreepid(textOf(row.medium), textOf(row.address).trim());
  if (!threepid) return leaveOut('no email address or phone number');
  const validatedAt = instantOf(row.validated_at);
  const boundAt = instantOf(row.added_at) ?? validatedAt ?? now;
  return {
    threepid,
    mxid,
    boundAt,
    notBefore: Math.min(validatedAt ?? boundAt, boundAt),
    notAfter: now + BINDING_LIFETIME_MS,
  };
}
