import type { Knex } from 'knex';
import type { Binding } from '../../../domain/associations/binding.js';
import { parseMxid } from '../../../domain/identifiers/mxid.js';
import { keyOf, tryThreepid } from '../../../domain/identifiers/threepid.js';
import { fromBase64, toBase64 } from '../../../domain/signing/base64.js';
import { ImportError, type ImportedData, LeftOutRows } from './imported-data.js';
import { readForeign, textOf } from './foreign-database.js';
import { readAccounts } from './sydent-accounts.js';
import { readInvites } from './sydent-invites.js';
import { readSessions } from './sydent-sessions.js';

export interface SydentOptions {
  /** `server.name` in its configuration. */
  readonly serverName: string;
  /** The id of the key that signs for its invitations, such as `ed25519:0`. */
  readonly keyId: string;
  /** ms since the epoch. */
  readonly now: number;
  /** Whether to import associations that were replicated from other Sydent servers. */
  readonly withPeers?: boolean;
  /** Whether to import only associations with a validated session: the fork stored an association for each lookup. */
  readonly onlyValidated?: boolean;
}

const LOCAL = 'local_threepid_associations';
const GLOBAL = 'global_threepid_associations';

/**
 * Reads a Sydent database: 1.x and 2.x, and the fork of 2017 with LDAP lookups.
 *
 * The local table is authoritative for the server's own associations. The global table repeats them, including rows
 * that were not removed, and contains associations replicated from other servers. The signed copies in it are not
 * imported: Islet signs associations itself, and the copies may contain other data.
 *
 * @throws ImportError if the file is not a Sydent database, or belongs to a server with another name
 */
export async function readSydent(file: string, options: SydentOptions): Promise<ImportedData> {
  return readForeign(file, { program: 'Sydent', table: LOCAL }, async (db) => {
    await checkOrigin(db, options.serverName);
    const leftOut = new LeftOutRows();
    const bindings = await readAssociations(db, options, leftOut);
    const invites = await readInvites(db, options, leftOut);
    return {
      bindings,
      invites,
      ephemeralKeys: await readKeys(db, leftOut),
      ...(await readAccounts(db, options.now, leftOut)),
      sessions: await readSessions(db, options.now, leftOut),
      pepper: await readPepper(db),
      leftOut: leftOut.list(),
    };
  });
}

async function checkOrigin(db: Knex, serverName: string): Promise<void> {
  const origins: { readonly originServer: unknown; readonly count: number }[] = await db(GLOBAL)
    .groupBy('originServer')
    .orderBy('count', 'desc')
    .select('originServer', db.raw('count(*) as count'));
  const names = origins.map(({ originServer }) => textOf(originServer));
  if (names.length === 0 || names.includes(serverName)) return;
  throw new ImportError(
    `the database belongs to ${names[0]}, but server.name is ${serverName}. Signatures of the old name ` +
      'are not valid under another name: keep the old name',
  );
}

interface Row {
  readonly id: number;
  readonly medium: unknown;
  readonly address: unknown;
  readonly mxid: unknown;
  readonly ts: number | null;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
}

async function readAssociations(db: Knex, options: SydentOptions, leftOut: LeftOutRows): Promise<readonly Binding[]> {
  const validated = options.onlyValidated ? await validatedAddresses(db) : undefined;
  const newest = new Map<string, { id: number; binding: Binding }>();
  const take = (table: string, row: Row) => {
    const binding = bindingOf(table, row, options.now, leftOut);
    if (!binding) return;
    const key = keyOf(binding.threepid);
    if (validated && !validated.has(key)) {
      return leftOut.add(
        table,
        'no validated session: it comes from a lookup in the directory, or the session was deleted',
        row.id,
      );
    }
    const other = newest.get(key);
    if (!other) newest.set(key, { id: row.id, binding });
    else {
      const isNewer = binding.boundAt > other.binding.boundAt;
      leftOut.add(table, 'the same address was bound again later', isNewer ? other.id : row.id);
      if (isNewer) newest.set(key, { id: row.id, binding });
    }
  };
  for (const row of (await db(LOCAL).orderBy('id')) as Row[]) {
    if (row.mxid === null) leftOut.add(LOCAL, 'unbound: only a record for other servers', row.id);
    else take(LOCAL, row);
  }
  const own = new Map([...newest].map(([key, { binding }]) => [key, binding.mxid]));
  const foreign: (Row & { readonly originServer: unknown })[] = await db(GLOBAL)
    .whereNot('originServer', options.serverName)
    .orderBy('id');
  for (const row of foreign) {
    const threepid = tryThreepid(textOf(row.medium), textOf(row.address).trim());
    if (threepid && own.has(keyOf(threepid))) {
      leftOut.add(GLOBAL, 'the address is also bound on this server', row.id);
    } else if (options.withPeers) take(GLOBAL, row);
    else leftOut.add(GLOBAL, `replicated from ${textOf(row.originServer)}: use --with-peers to import it`, row.id);
  }
  return [...newest.values()].map(({ binding }) => binding);
}

function bindingOf(table: string, row: Row, now: number, leftOut: LeftOutRows): Binding | undefined {
  const threepid = tryThreepid(textOf(row.medium), textOf(row.address).trim());
  if (!threepid) return leftOut.add(table, 'no email address or phone number', row.id);
  const mxid = parseMxid(textOf(row.mxid));
  if (!mxid) return leftOut.add(table, 'no valid user ID', row.id);
  const [ts, notAfter] = [row.ts ?? row.notBefore, row.notAfter];
  if (ts === null || notAfter === null) return leftOut.add(table, 'no start time or no end time', row.id);
  if (notAfter < now) return leftOut.add(table, 'expired', row.id);
  return { threepid, mxid, boundAt: ts, notBefore: row.notBefore ?? ts, notAfter };
}

async function validatedAddresses(db: Knex): Promise<ReadonlySet<string>> {
  const rows: { medium: unknown; address: unknown }[] = await db('threepid_validation_sessions')
    .where('validated', 1)
    .select('medium', 'address');
  return new Set(
    rows.flatMap(({ medium, address }) => {
      const threepid = tryThreepid(textOf(medium), textOf(address).trim());
      return threepid ? [keyOf(threepid)] : [];
    }),
  );
}

async function readKeys(db: Knex, leftOut: LeftOutRows): Promise<readonly string[]> {
  const rows: { id: number; public_key: unknown }[] = await db('ephemeral_public_keys').select('id', 'public_key');
  return rows.flatMap(({ id, public_key }) => {
    const bytes = fromBase64(textOf(public_key));
    if (bytes?.length === 32) return [toBase64(bytes)];
    leftOut.add('ephemeral_public_keys', 'no key', id);
    return [];
  });
}

async function readPepper(db: Knex): Promise<string | undefined> {
  if (!(await db.schema.hasTable('hashing_metadata'))) return undefined;
  const row: { lookup_pepper: unknown } | undefined = await db('hashing_metadata').first('lookup_pepper');
  return textOf(row?.lookup_pepper) || undefined;
}
