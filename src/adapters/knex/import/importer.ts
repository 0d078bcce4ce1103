import type { Knex } from 'knex';
import { BINDINGS } from '../../../domain/associations/binding.js';
import { keyOf } from '../../../domain/identifiers/threepid.js';
import { BY_IMPORT } from '../../../domain/shared/cause.js';
import type { Clock } from '../../../ports/clock.js';
import { associationRow } from '../association-rows.js';
import { chunksOf } from '../chunks.js';
import { isOneOf } from '../rows.js';
import { type KnexStores } from '../stores.js';
import type { ImportedData } from './imported-data.js';

/** The result for one kind of data. */
export interface ImportCount {
  readonly kind:
    | 'bindings'
    | 'invites'
    | 'ephemeral keys'
    | 'access tokens'
    | 'accepted terms'
    | 'sessions'
    | 'peppers';
  /** New, and imported. */
  readonly added: number;
  /** Already present with the same content. */
  readonly known: number;
  /** Already present with different content, and left unchanged. */
  readonly kept: number;
}

export interface ImportRun {
  readonly clock: Clock;
  readonly isDryRun: boolean;
  readonly storesOn: (db: Knex) => KnexStores;
  readonly onProgress?: (kind: ImportCount['kind'], done: number, all: number) => void;
}

/** Thrown to roll back a dry run. */
class DryRun extends Error {
  override readonly name = 'DryRun';
  readonly code = 'dry_run';
}

/**
 * Imports the data of another server in one transaction. Existing data is left unchanged, so repeating an import
 * changes nothing. No notifications are sent, neither to homeservers nor by mail.
 */
export async function importData(db: Knex, data: ImportedData, run: ImportRun): Promise<readonly ImportCount[]> {
  let counts: readonly ImportCount[] = [];
  try {
    await db.transaction(async (trx) => {
      counts = await write(trx, data, run);
      if (run.isDryRun) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  return counts;
}

async function write(trx: Knex.Transaction, data: ImportedData, run: ImportRun): Promise<readonly ImportCount[]> {
  const stores = run.storesOn(trx);
  const now = run.clock.now();
  return [
    await addBindings(trx, stores, data, run),
    await forEachRow('invites', data.invites, run, async (invite) => {
      const known = await stores.invites.get(invite.token);
      if (known) return keyOf(known.threepid) === keyOf(invite.threepid) ? 'known' : 'kept';
      await stores.invites.add(invite, [], undefined, BY_IMPORT);
      return 'added';
    }),
    await addKeys(trx, data.ephemeralKeys, run),
    await forEachRow('access tokens', data.tokens, run, async ({ accessToken, mxid, createdAt }) => {
      const known = await stores.accounts.find(accessToken);
      if (known !== undefined) return known === mxid ? 'known' : 'kept';
      await stores.accounts.addToken(accessToken, mxid, createdAt, BY_IMPORT);
      // The time of last use is unknown, so the idle time begins now.
      await stores.accounts.markUsed([accessToken], now);
      return 'added';
    }),
    await forEachRow('accepted terms', data.terms, run, async ({ mxid, url, acceptedAt }) => {
      const [known] = await trx('accepted_terms').where({ mxid, url }).limit(1);
      if (known) return 'known';
      await stores.terms.accept(mxid, [url], acceptedAt, BY_IMPORT);
      return 'added';
    }),
    await forEachRow('sessions', data.sessions, run, async (session) => {
      if (await stores.sessions.get(session.sid)) return 'known';
      const other = await stores.sessions.findOrAdd(session, 0);
      if (other.sid !== session.sid) return 'kept';
      await stores.sessions.save(session);
      return 'added';
    }),
    await forEachRow('peppers', data.pepper === undefined ? [] : [data.pepper], run, async (pepper) => {
      const known = await stores.peppers.all();
      if (known.length > 0) return known.some((stored) => stored.pepper === pepper) ? 'known' : 'kept';
      await stores.peppers.add({ pepper, announcedFrom: now }, undefined);
      return 'added';
    }),
  ];
}

type Outcome = 'added' | 'known' | 'kept';

async function forEachRow<T>(
  kind: ImportCount['kind'],
  items: readonly T[],
  { onProgress }: ImportRun,
  add: (item: T) => Promise<Outcome>,
): Promise<ImportCount> {
  const counts = { added: 0, known: 0, kept: 0 };
  for (const [index, item] of items.entries()) {
    counts[await add(item)]++;
    if (index % 100 === 0) onProgress?.(kind, index, items.length);
  }
  onProgress?.(kind, items.length, items.length);
  return { kind, ...counts };
}

async function addBindings(
  trx: Knex.Transaction,
  { feed, associations, audit }: KnexStores,
  { bindings }: ImportedData,
  { onProgress }: ImportRun,
): Promise<ImportCount> {
  await feed.lock(trx);
  const counts = { added: 0, known: 0, kept: 0 };
  let done = 0;
  for (const chunk of chunksOf(bindings)) {
    const present = await associations.find(chunk.map(({ threepid }) => threepid));
    const owners = new Map(present.map(({ threepid, mxid }) => [keyOf(threepid), mxid]));
    const fresh = chunk.filter(({ threepid, mxid }) => {
      const owner = owners.get(keyOf(threepid));
      if (owner !== undefined) counts[owner === mxid ? 'known' : 'kept']++;
      return owner === undefined;
    });
    // SQLite limits the number of variables in a statement.
    for (let at = 0; at < fresh.length; at += ROWS_AT_ONCE) {
      await trx('associations').insert(fresh.slice(at, at + ROWS_AT_ONCE).map(associationRow));
    }
    const bound = fresh.map(({ mxid, threepid }) => ({ action: 'bound' as const, mxid, threepid }));
    await audit.addWithin(trx, bound, BY_IMPORT);
    counts.added += fresh.length;
    done += chunk.length;
    onProgress?.('bindings', done, bindings.length);
  }
  if (counts.added > 0) await feed.write(trx, [{ source: BINDINGS, removed: [], added: [], isReload: true }]);
  return { kind: 'bindings', ...counts };
}

const ROWS_AT_ONCE = 50;

async function addKeys(
  trx: Knex.Transaction,
  keys: readonly string[],
  { onProgress }: ImportRun,
): Promise<ImportCount> {
  let added = 0;
  const different = [...new Set(keys)];
  for (const chunk of chunksOf(different)) {
    const known: readonly string[] = await trx('imported_ephemeral_keys')
      .where(isOneOf(trx, 'public_key', chunk))
      .pluck('public_key');
    const fresh = chunk.filter((key) => !known.includes(key)).map((public_key) => ({ public_key }));
    for (let at = 0; at < fresh.length; at += ROWS_AT_ONCE) {
      await trx('imported_ephemeral_keys').insert(fresh.slice(at, at + ROWS_AT_ONCE));
    }
    added += fresh.length;
  }
  onProgress?.('ephemeral keys', different.length, different.length);
  return { kind: 'ephemeral keys', added, known: different.length - added, kept: 0 };
}
