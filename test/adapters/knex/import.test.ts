import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { importData } from '../../../src/adapters/knex/import/importer.js';
import type { ImportedData } from '../../../src/adapters/knex/import/imported-data.js';
import { readSydent, type SydentOptions } from '../../../src/adapters/knex/import/sydent-database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { makeDatabase, recentSessions } from '../../support/moving/databases.js';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { secretBox } from '../../support/secret-box.js';

const clock = { now: () => Date.now() };
const alice = 'lice'.padStart(64, 'A');

describe('the data of a Sydent', () => {
  let folder: string;
  let db: Knex;
  const file = () => join(folder, 'sydent.db');
  const read = (options: Partial<SydentOptions> = {}) =>
    readSydent(file(), { serverName: 'id.example.org', keyId: 'ed25519:0', now: Date.now(), ...options });
  const stores = () => knexStores(db, clock, secretBox);
  const write = (data: ImportedData, isDryRun = false) =>
    importData(db, data, { clock, isDryRun, storesOn: (trx) => knexStores(trx, clock, secretBox) });
  const owners = ({ bindings }: ImportedData) =>
    Object.fromEntries(bindings.map(({ threepid, mxid }) => [threepid.address, mxid]));
  const reasons = ({ leftOut }: ImportedData) =>
    Object.fromEntries(leftOut.map(({ table, reason, rows }) => [`${table}: ${reason}`, rows]));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-import-'));
    db = await migratedInMemory();
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true });
  });

  it('is read correctly: canonical addresses, the newest binding of each, without unbound and expired ones', async () => {
    await makeDatabase(file(), 'sydent.sql', recentSessions());
    const data = await read();
    expect(owners(data)).toEqual({
      'old.case@example.com': '@newer:example.org',
      'strasse@example.com': '@street:example.org',
      'alice@example.com': '@alice:example.org',
      'bob@example.com': '@bob:example.org',
      '447700900123': '@bob:example.org',
      'shared@example.com': '@amy:example.org',
      'frank@example.com': '@frank:example.org',
      'after@example.com': '@after:example.org',
    });
    expect(data.bindings.find(({ mxid }) => mxid === '@street:example.org')?.threepid).toEqual(
      email('Straße@example.com'),
    );
    expect(reasons(data)).toMatchObject({
      'local_threepid_associations: the same address was bound again later': ['1'],
      'local_threepid_associations: expired': ['4'],
      'local_threepid_associations: unbound: only a record for other servers': ['9'],
      'global_threepid_associations: replicated from id.example.net: use --with-peers to import it': ['13'],
    });
    expect(data.invites.map(({ deliveredAt }) => deliveredAt === undefined)).toEqual([true, true, false]);
    expect(data.ephemeralKeys).toHaveLength(3);
    expect(data.pepper).toBe('IH5te');
    expect(owners(await read({ withPeers: true }))).toMatchObject({ 'peer@example.net': '@peer:example.net' });
  });

  it('has only the sessions of the last day, with the mails that are being sent', async () => {
    await makeDatabase(file(), 'sydent.sql', recentSessions());
    const { sessions } = await read();
    expect(sessions.find(({ threepid }) => threepid.address === 'grace@example.com')).toMatchObject({
      sid: '2112067842',
      clientSecret: 'grace.secret',
      validatedAt: expect.any(Number),
    });
    const henry = sessions.find(({ threepid }) => threepid.address === 'henry@example.com');
    expect(henry).toMatchObject({ validatedAt: undefined, token: 'YAKkyEddtAQO2sIva793Qo2ViOZFU4DU' });
    const later = await read({ now: Date.now() + 2 * 86_400_000 });
    expect(later.sessions).toEqual([]);
    expect(Object.keys(reasons(later))).toContain('threepid_validation_sessions: older than 24 hours');
  });

  it('is written once, even if imported again, and nobody is notified', async () => {
    await makeDatabase(file(), 'sydent.sql', recentSessions());
    const data = await read();
    const tried = await write(data, true);
    expect(await db('associations')).toEqual([]);
    const done = await write(data);
    expect(done).toEqual(tried);
    expect(Object.fromEntries(done.map(({ kind, added }) => [kind, added]))).toEqual({
      bindings: 8,
      invites: 3,
      'ephemeral keys': 3,
      'access tokens': 2,
      'accepted terms': 1,
      sessions: data.sessions.length,
      peppers: 1,
    });
    expect(await db('jobs')).toEqual([]);
    const before = await contentOf(db);
    const again = await write(data);
    expect(again.map(({ added, kept }) => [added, kept])).toEqual(again.map(() => [0, 0]));
    expect(await contentOf(db)).toEqual(before);
  });

  it('is usable: tokens sign in and are not idle, invitations wait, keys are valid', async () => {
    await makeDatabase(file(), 'sydent.sql', recentSessions());
    await write(await read());
    const { accounts, invites, sessions, peppers, terms } = stores();
    expect(await accounts.find(alice)).toBe('@alice:example.org');
    expect(JSON.stringify(await db('access_tokens'))).not.toContain(alice);
    await accounts.purge(Date.now() - 60_000);
    expect(await accounts.find(alice)).toBe('@alice:example.org');
    expect(await terms.hasAccepted('@alice:example.org', [['https://example.org/terms-1.0-en.html']])).toBe(true);
    expect((await invites.findWaiting([email('erin@example.com')])).map(({ roomId }) => roomId)).toEqual([
      '!one:example.org',
      '!two:example.org',
    ]);
    expect(await invites.hasEphemeralKey('9t2puaFLBRPWd5TPnWL6YQW3PXv4tHgVmHc0KVh+548')).toBe(true);
    expect(await invites.hasEphemeralKey('')).toBe(false);
    expect(await sessions.find(email('grace@example.com'), 'grace.secret')).toMatchObject({ sid: '2112067842' });
    expect((await peppers.all()).map(({ pepper }) => pepper)).toEqual(['IH5te']);
  });

  it('does not change existing data', async () => {
    await makeDatabase(file(), 'sydent.sql', recentSessions());
    const present = {
      threepid: email('alice@example.com'),
      mxid: '@other:example.org' as const,
      boundAt: 1,
      notBefore: 1,
      notAfter: 9,
    };
    await stores().associations.bind(present, []);
    const [bindings] = await write(await read());
    expect(bindings).toEqual({ kind: 'bindings', added: 7, known: 0, kept: 1 });
    expect(await stores().associations.find([email('alice@example.com')])).toEqual([present]);
  });

  it('may be that of the fork of 2017, which had no accounts and no hashes', async () => {
    await makeDatabase(file(), 'sydent-fork.sql');
    const data = await read();
    expect(owners(data)).toEqual({
      'old.case@example.com': '@older:example.org',
      'found@example.com': '@found:example.org',
      'found2@example.com': '@found2:example.org',
      '447700900123': '@found:example.org',
    });
    expect(data).toMatchObject({ tokens: [], terms: [], sessions: [], pepper: undefined });
    expect(data.invites).toMatchObject([{ deliveredAt: undefined }, { deliveredAt: 1_503_300_009_000 }]);
    await write(data);
    expect(await stores().associations.find([msisdn('447700900123')])).toMatchObject([{ mxid: '@found:example.org' }]);
    expect(owners(await read({ onlyValidated: true }))).toEqual({ 'old.case@example.com': '@older:example.org' });
  });

  it('is refused if it belongs to another server, or is not a Sydent database', async () => {
    await makeDatabase(file(), 'sydent.sql');
    await expect(read({ serverName: 'new.example.org' })).rejects.toThrow(/belongs to id\.example\.org/);
    await expect(
      readSydent(join(folder, 'nothing.db'), { serverName: 'a', keyId: 'ed25519:0', now: 1 }),
    ).rejects.toThrow(/does not exist/);
    const other = join(folder, 'islet.db');
    await (await openDatabase({ client: 'sqlite3', file: other })).destroy();
    await expect(readSydent(other, { serverName: 'a', keyId: 'ed25519:0', now: 1 })).rejects.toThrow(
      /no database of Sydent/,
    );
  });

  it('is imported without its invalid rows', async () => {
    await makeDatabase(
      file(),
      'sydent.sql',
      `insert into local_threepid_associations (id, medium, address, mxid, ts, notBefore, notAfter) values
        (900, 'email', 'no address', '@a:b', 1, 1, 9e12), (901, 'email', 'x@example.com', 'nobody', 1, 1, 9e12),
        (902, 'email', cast(x'62797465734065786d2e6f7267' as blob), '@bytes:example.org', 1600000000000, 1, 9e12);
       insert into invite_tokens (id, medium, address, room_id, sender, token) values
        (900, 'msisdn', '1', '!r:b', '@a:b', 't'), (901, 'email', 'a@example.com', 'room', '@a:b', 't'),
        (902, 'email', 'a@example.com', '!r:b', 'me', 't'), (903, 'email', 'a@example.com', '!r:b', '@a:b', '');
       insert into ephemeral_public_keys (id, public_key) values (900, '???');`,
    );
    const data = await read();
    expect(owners(data)).toMatchObject({ 'bytes@exm.org': '@bytes:example.org' });
    expect(data.bindings).toHaveLength(9);
    expect(reasons(data)).toMatchObject({
      'local_threepid_associations: no email address or phone number': ['900'],
      'local_threepid_associations: no valid user ID': ['901'],
      'invite_tokens: no email address': ['900'],
      'invite_tokens: no valid room': ['901'],
      'invite_tokens: no valid sender': ['902'],
      'invite_tokens: no valid token': ['903'],
      'ephemeral_public_keys: no key': ['900'],
    });
  });
});

/** Every row that an import writes. Sealed texts are different each time, so they are left out. */
const contentOf = (db: Knex) =>
  Promise.all([
    db('associations').orderBy('address'),
    db('invites').orderBy('token').select('token', 'address', 'delivered_at'),
    db('imported_ephemeral_keys').orderBy('public_key'),
    db('access_tokens').orderBy('token_hash').select('token_hash', 'created_at'),
    db('validation_sessions').orderBy('sid').select('sid', 'modified_at'),
  ]);
