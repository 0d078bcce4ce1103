import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { eventually } from '../../support/eventually.js';
import { freshDatabase, onServer } from '../../support/postgres-server.js';
import { sharedPostgres } from '../../support/services.js';
import { secretBox } from '../../support/secret-box.js';

const postgres = await sharedPostgres();
const clock = { now: () => Date.now() };
const anna = '@anna:example.org';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-revocations-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** One instance with a cache, and the queries that it sends to the database. */
async function follower(options: DatabaseOptions) {
  const db: Knex = await openDatabase(options);
  const stores = knexStores(db, clock, secretBox);
  const following = stores.feed.onChange(() => undefined);
  const asked: string[] = [];
  db.on('query', ({ sql }: { sql: string }) => asked.push(sql));
  await eventually(() => stores.feed.revocations.isUpToDate());
  const close = async () => {
    following.close();
    await db.destroy();
  };
  const reads = (table: string) => asked.filter((sql) => sql.startsWith('select') && sql.includes(table)).length;
  return { ...stores, db, reads, close };
}

const places: readonly [string, () => Promise<DatabaseOptions>][] = [
  ['a SQLite file', async () => ({ client: 'sqlite3', file: join(folder, 'islet.db') })],
  ['PostgreSQL', async () => ({ client: 'pg', url: (await freshDatabase(postgres.url)).url })],
];

describe.each(places)('caches of a database on %s', (_name, place) => {
  it('query tokens and accepted terms once', async () => {
    const first = await follower(await place());
    const choices = [['https://example.org/terms/1']];
    await first.accounts.addToken('phone', anna, 1);
    expect(await first.terms.hasAccepted(anna, choices)).toBe(false);
    await first.terms.accept(anna, ['https://example.org/terms/1'], 1);
    for (let time = 0; time < 5; time++) {
      expect(await first.accounts.find('phone')).toBe(anna);
      expect(await first.terms.hasAccepted(anna, choices)).toBe(true);
    }
    expect(first.reads('access_tokens')).toBe(1);
    expect(first.reads('accepted_terms')).toBe(2);
    expect(await first.terms.hasAccepted(anna, [['https://example.org/terms/2']])).toBe(false);
    await first.close();
  });

  it('reject a revoked token at once on the instance that revoked it', async () => {
    const first = await follower(await place());
    await first.accounts.addToken('phone', anna, 1);
    expect(await first.accounts.find('phone')).toBe(anna);
    expect(await first.accounts.removeToken('phone')).toBe(true);
    expect(await first.accounts.find('phone')).toBeUndefined();
    await first.close();
  });

  it('are cleared on an instance that missed revocations, whose records are removed after a time', async () => {
    const first = await follower(await place());
    await first.accounts.addToken('phone', anna, 1);
    await first.accounts.removeToken('phone');
    await first.feed.purge(Date.now() + 60_000);
    expect(await first.db('revocations')).toEqual([]);
    await first.accounts.addToken('laptop', anna, 1);
    expect(await first.accounts.find('laptop')).toBe(anna);
    await first.accounts.removeToken('laptop');
    expect(await first.accounts.find('laptop')).toBeUndefined();
    await first.close();
  });
});

describe('several instances on PostgreSQL', () => {
  /** It takes a second on an idle machine. Without a report, it would be cached forever. */
  const SOON_MS = 5_000;

  /** The time until a token or user is no longer known, in ms. */
  const timeOf = async (isKnown: () => Promise<boolean>) => {
    const since = performance.now();
    while (await isKnown()) await new Promise((resolve) => setTimeout(resolve, 5));
    return performance.now() - since;
  };

  it('soon notice that a token was revoked or accepted terms were removed, also by hand', async () => {
    const { url } = await freshDatabase(postgres.url);
    const [first, other] = [await follower({ client: 'pg', url }), await follower({ client: 'pg', url })];
    const choices = [['https://example.org/terms/1']];
    for (const token of ['phone', 'laptop']) await first.accounts.addToken(token, anna, 1);
    await first.terms.accept(anna, ['https://example.org/terms/1'], 1);
    for (const token of ['phone', 'laptop']) expect(await other.accounts.find(token)).toBe(anna);
    expect(await other.terms.hasAccepted(anna, choices)).toBe(true);

    await first.accounts.removeToken('phone');
    expect(await timeOf(async () => (await other.accounts.find('phone')) !== undefined)).toBeLessThan(SOON_MS);
    expect(await other.accounts.find('laptop')).toBe(anna);
    await onServer(url, 'delete from access_tokens');
    expect(await timeOf(async () => (await other.accounts.find('laptop')) !== undefined)).toBeLessThan(SOON_MS);
    await onServer(url, 'delete from accepted_terms');
    expect(await timeOf(() => other.terms.hasAccepted(anna, choices))).toBeLessThan(SOON_MS);
    await first.close();
    await other.close();
  });

  it('query the database while they cannot follow revocations', async () => {
    const { url } = await freshDatabase(postgres.url);
    const first = await follower({ client: 'pg', url });
    await first.accounts.addToken('phone', anna, 1);
    expect(await first.accounts.find('phone')).toBe(anna);
    await onServer(url, 'alter table revocations rename to elsewhere');
    await eventually(() => !first.feed.revocations.isUpToDate());
    await onServer(url, 'alter table access_tokens disable trigger all');
    await onServer(url, 'delete from access_tokens');
    expect(await first.accounts.find('phone')).toBeUndefined();
    await first.close();
  });
});
