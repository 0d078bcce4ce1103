import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { importData } from '../../../src/adapters/knex/import/importer.js';
import type { ImportedData } from '../../../src/adapters/knex/import/imported-data.js';
import { readMa1sd } from '../../../src/adapters/knex/import/ma1sd-database.js';
import { readSynapse, type SynapseOptions } from '../../../src/adapters/knex/import/synapse-database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { execute, makeDatabase } from '../../support/moving/databases.js';
import { secretBox } from '../../support/secret-box.js';

const now = 1_900_000_100_000;
const reasons = ({ leftOut }: ImportedData) =>
  Object.fromEntries(leftOut.map(({ table, reason, rows }) => [`${table}: ${reason}`, rows]));

let folder: string;
const file = () => join(folder, 'other.db');
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'islet-import-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the data of a ma1sd', () => {
  const keyIds = ['ed25519:AAAAEPvQ-xEa', 'ed25519:AAAAEOldKeyX'] as const;
  const read = () => readMa1sd(file(), { keyIds: [...keyIds], ephemeralKeys: ['k'.repeat(43)], now });

  it('is read correctly: invitations with their keys, sessions of the last day, terms; the rest is reported', async () => {
    await makeDatabase(file(), 'ma1sd.sql');
    const data = await read();
    const invites = new Map(data.invites.map((invite) => [invite.token.slice(0, 16), invite]));
    expect([...invites.keys()]).toEqual([
      'tokenForErin0123',
      'tokenOfTheFirstK',
      'tokenOfThePhone0',
      '12345',
      'tokenOfFrank',
      'tokenOfGrace',
    ]);
    expect(invites.get('tokenForErin0123')).toMatchObject({
      threepid: email('erin@example.com'),
      roomId: '!one:example.org',
      keyId: 'ed25519:AAAAEPvQ-xEa',
      ephemeralPublicKey: '9t2puaFLBRPWd5TPnWL6YQW3PXv4tHgVmHc0KVh+548',
      createdAt: 1_617_000_000_000,
      deliveredAt: undefined,
    });
    expect(invites.get('tokenOfTheFirstK')).toMatchObject({ keyId: 'ed25519:AAAAEOldKeyX', createdAt: now });
    expect(invites.get('tokenOfThePhone0')).toMatchObject({
      threepid: msisdn('447700900123'),
      keyId: 'ed25519:AAAAEPvQ-xEa',
    });
    expect(invites.get('12345')).toMatchObject({ createdAt: 1_617_000_000_000 });
    expect(invites.get('tokenOfFrank')).toMatchObject({ confirmedAt: 1_617_000_100_000 });
    expect(invites.get('tokenOfGrace')).toMatchObject({ deliveredAt: undefined, failure: expect.any(String) });
    expect(data.ephemeralKeys).toHaveLength(4);
    expect(data.sessions.map(({ sid, validatedAt, nextLink }) => [sid, validatedAt, nextLink])).toEqual([
      ['1900000000001', 1_900_000_000_002, undefined],
      ['1900000000004', undefined, undefined],
    ]);
    expect(data.terms).toHaveLength(1);
    expect(reasons(data)).toEqual({
      'account: access tokens of an hour: clients sign in again by themselves': ['@alice:example.org'],
      'accepted: no valid user ID': ['2'],
      'invite_3pid: no email address or phone number': ['broken'],
      'invite_3pid: no valid sender': ['nosender'],
      'invite_3pid: no valid room': ['noroom'],
      'invite_3pid: no valid token': ['notoken'],
      'invite_3pid_history: expired': ['0c'],
      'invite_3pid_history: a second one with the same token': ['0d'],
      'session_3pid: older than 24 hours': ['1617000000001'],
      'session_3pid: another one of the same address and secret': ['1900000000003'],
    });
  });

  it('is imported at once, and nothing of it twice', async () => {
    await makeDatabase(file(), 'ma1sd.sql');
    const before = await readFile(file());
    const db = await migratedInMemory();
    const clock = { now: () => now };
    const storesOn = (on: typeof db) => knexStores(on, clock, secretBox);
    const data = await read();
    const added = async () =>
      (await importData(db, data, { clock, isDryRun: false, storesOn })).map((count) => count.added);
    expect(await added()).toEqual([0, 6, 4, 0, 1, 2, 0]);
    expect(await added()).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(await storesOn(db).invites.hasEphemeralKey('bQCiwOvTLJVTBqE/MgfFBtISLdUkHuDhA8rrN6KJ0ec')).toBe(true);
    await db.destroy();
    expect((await readFile(file())).equals(before)).toBe(true);
  });

  it('may be that of mxisd, which has fewer tables, and its properties of any size', async () => {
    await makeDatabase(
      file(),
      'ma1sd.sql',
      `drop table account; drop table accepted; drop table hashes; drop table changelog; drop table invite_3pid_history;
       update invite_3pid set properties = '{"a":"' || hex(zeroblob(100000)) || '"}' where id = 'phone';`,
    );
    const data = await read();
    expect(data.invites).toHaveLength(4);
    expect(data.terms).toEqual([]);
  });

  it('is refused if the file is another kind of database', async () => {
    await expect(read()).rejects.toThrow('does not exist');
    await writeFile(file(), 'no database at all, but some text that is longer than a header');
    await expect(read()).rejects.toThrow('cannot be read: ');
    await rm(file());
    await execute(file(), 'create table other (id integer)');
    await expect(read()).rejects.toThrow('is no database of ma1sd: it has no table invite_3pid');
  });
});

describe('the addresses in a Synapse', () => {
  const read = (options: Partial<SynapseOptions> = {}) => readSynapse(file(), { now, ...options });
  const owners = ({ bindings }: ImportedData) =>
    Object.fromEntries(bindings.map(({ threepid, mxid }) => [threepid.address, mxid]));

  it('are imported for active users, in canonical form, with the time when they were added', async () => {
    await makeDatabase(file(), 'synapse.sql');
    const data = await read();
    expect(owners(data)).toEqual({
      'alice@example.com': '@alice:example.org',
      '447700900123': '@alice:example.org',
      'bob@example.com': '@bob:example.org',
      'old@example.com': '@Old.Name:example.org',
      'other@example.com': '@other:example.net',
    });
    expect(data.bindings.find(({ threepid }) => threepid.address === 'bob@example.com')).toMatchObject({
      boundAt: 1_600_000_003_000,
      notBefore: 1_600_000_002_000,
    });
    expect(reasons(data)).toEqual({
      'user_threepids: the user is deactivated': ['@gone:example.org'],
      'user_threepids: the user is a guest': ['@guest:example.org'],
      'user_threepids: the user belongs to an application service': ['@irc_bot:example.org'],
      'user_threepids: there is no such user': ['@nobody:example.org'],
      'user_threepids: no email address or phone number': ['@alice:example.org', '@alice:example.org'],
    });
  });

  it('may be only those of one homeserver, or those that were bound with this identity server', async () => {
    await makeDatabase(file(), 'synapse.sql');
    expect(owners(await read({ homeserver: 'example.net' }))).toEqual({ 'other@example.com': '@other:example.net' });
    const shared = await read({ sharedWith: ['id.example.org', 'other.example'] });
    expect(owners(shared)).toEqual({
      'alice@example.com': '@alice:example.org',
      'before@example.com': '@Old.Name:example.org',
    });
    expect(shared.bindings.map(({ boundAt }) => boundAt)).toEqual([1_600_000_001_000, now]);
  });

  it('may be thousands, with times and flags that are stored as text', async () => {
    await makeDatabase(
      file(),
      'synapse.sql',
      `with recursive n(i) as (select 0 union all select i + 1 from n where i < 4999)
       insert into users (name, deactivated) select '@u' || i || ':example.org', case when i % 2 then '1' else '0' end from n;
       with recursive n(i) as (select 0 union all select i + 1 from n where i < 4999)
       insert into user_threepids select '@u' || i || ':example.org', 'email', 'u' || i || '@example.org', 'never', '1600000000' from n;`,
    );
    const data = await read({ homeserver: 'example.org' });
    expect(data.bindings).toHaveLength(2_504);
    expect(data.bindings.at(-1)).toMatchObject({ boundAt: 1_600_000_000_000 });
  });

  it('are not taken from another database', async () => {
    await execute(file(), 'create table user_threepids (user_id text)');
    await expect(read()).rejects.toThrow('it is no database of Synapse');
  });
});
