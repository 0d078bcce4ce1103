import { afterAll, describe, expect, it } from 'vitest';
import { type DatabaseOptions, openDatabase } from '../../../src/adapters/knex/database.js';
import { countSkipped, countRows } from '../../../src/adapters/knex/row-counts.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { email, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { MirroredEntry } from '../../../src/domain/directory/directory-entry.js';
import { alice, FakeClock } from '../../support/fakes.js';
import { freshDatabase } from '../../support/postgres-server.js';
import { secretBox } from '../../support/secret-box.js';
import { sharedPostgres } from '../../support/services.js';

const { url } = await freshDatabase((await sharedPostgres()).url);

describe.each<[string, DatabaseOptions]>([
  ['SQLite', { client: 'sqlite3', file: ':memory:' }],
  ['PostgreSQL', { client: 'pg', url }],
])('the row counter on %s', async (_name, options) => {
  const db = await openDatabase(options);
  afterAll(() => db.destroy());
  const { mirrors, associations, accounts } = knexStores(db, new FakeClock(), secretBox);

  it('counts the stored rows', async () => {
    await associations.bind(
      { threepid: email('a@example.org'), mxid: alice, boundAt: 1, notBefore: 1, notAfter: 9e15 },
      [],
    );
    await accounts.addToken('token', alice, 1);
    expect(await countRows(db)).toEqual({
      sessions: 0,
      accessTokens: 1,
      bindings: { active: 1, suspended: 0 },
      invitesWaiting: 0,
    });
  });

  it('distinguishes entries without a user, unlisted entries and entries with skipped values, whatever their texts are', async () => {
    const [plain, spelled]: [Threepid, Threepid] = [
      email('a@example.org'),
      { medium: 'email', address: 'b@example.org', alias: 'B@example.org' },
    ];
    const entry = (id: string, more: Partial<MirroredEntry>): MirroredEntry => ({
      id,
      label: id,
      digest: id,
      base: 'people',
      skipped: [],
      person: {
        mxid: `@${id}:example.org`,
        threepids: [plain, spelled],
      },
      ...more,
    });
    const entries = [
      entry('whole', { label: 'a label like {"isUnlisted":true}",{"' }),
      entry('odd', { skipped: ['"quoted"]'] }),
      entry('odd-and-unlisted', {
        skipped: ['mail: xxx'],
        person: { mxid: '@o:example.org', threepids: [spelled], isUnlisted: true },
      }),
      entry('nobody', { person: undefined, skipped: ['no user name'] }),
      entry('withheld', { withheld: [spelled] }),
    ];
    const upserts = mirrors.draft();
    for (const mirrored of entries) upserts.add(mirrored);
    const state = { syncedAt: 1, attemptedAt: 1, bases: {}, failure: undefined };
    await mirrors.apply('staff', { upserts, removed: [], state, changes: [] });
    expect(await countSkipped(db, 'staff')).toEqual({ no_user: 1, unlisted: 1, values: 2 });
    expect(await countSkipped(db, 'other')).toEqual({ no_user: 0, unlisted: 0, values: 0 });
  });
});
