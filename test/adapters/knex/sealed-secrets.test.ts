import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import type { StoredInvite } from '../../../src/domain/invites/invite.js';
import type { ValidationSession } from '../../../src/domain/validation/validation-session.js';
import { readAll } from '../../contracts/stores.js';
import { queued, wanted } from '../../support/jobs.js';
import { secretBoxOf } from '../../support/secret-box.js';

const clock = { now: () => 1 };
const threepid = email('anna@example.org');
const columns = { medium: 'email', address: 'anna@example.org' };

const session: ValidationSession = {
  sid: 's1',
  threepid,
  clientSecret: 'secret-of-client',
  token: 'secret-of-mail',
  sendAttempt: 1,
  nextLink: undefined,
  validatedAt: undefined,
  openedAt: 1,
  modifiedAt: 1,
};

const invite: StoredInvite = {
  token: 'secret-of-invite',
  threepid,
  roomId: '!room:example.org',
  sender: '@bob:example.org',
  ephemeralPublicKey: 'public',
  keyId: 'ed25519:0',
  createdAt: 1,
  deliveredAt: undefined,
};

const onBind = {
  kind: 'onbind',
  payload: { medium: 'email', address: 'anna@example.org', mxid: '@anna:example.org', invite: 'secret-of-invite' },
  runAt: 1,
} as const;

const clearSession = {
  ...columns,
  sid: 's0',
  client_secret: 'old-secret',
  token: 'old-token',
  send_attempt: 1,
  modified_at: 1,
};
const clearInvite = {
  ...columns,
  token: 'old-invite',
  room_id: '!room:example.org',
  sender: '@bob:example.org',
  ephemeral_public_key: 'public',
  key_id: 'ed25519:0',
  created_at: 1,
};

let db: Knex;
const storesWith = (key: number, ...old: readonly number[]) => knexStores(db, clock, secretBoxOf(key, ...old));

beforeEach(async () => {
  db = await migratedInMemory();
});
afterEach(() => db.destroy());

describe('secrets in the database', () => {
  it('are not readable: client secrets, validation tokens, invite tokens, links of invitations', async () => {
    const stores = storesWith(1);
    await stores.sessions.findOrAdd(session, 0);
    await stores.sessions.save({ ...session, sendAttempt: 2 });
    await stores.sessions.renew('s1', 'secret-of-another-mail', 0);
    await stores.invites.add(invite, [onBind], { link: 'https://secret.example/' });
    const mail = {
      address: 'a@example.org',
      link: 'https://secret.example/',
      sender: '@bob:example.org',
      token: 'secret-of-invite',
    };
    const none = { brand: null, acceptLanguage: null, senderDisplayName: null, roomName: null, roomAlias: null };
    const payload = { ...mail, ...none, roomAvatarUrl: null, roomType: null };
    await stores.jobs.add([{ kind: 'invite-mail', payload, runAt: 1 }]);

    const rows = await Promise.all(['validation_sessions', 'invites', 'jobs'].map((table) => db(table)));
    expect(rows.map(({ length }) => length)).toEqual([1, 1, 2]);
    expect(JSON.stringify(rows)).not.toMatch(/secret-|secret\.example/);
    expect(await stores.sessions.get('s1')).toMatchObject({
      clientSecret: 'secret-of-client',
      token: 'secret-of-another-mail',
    });
    expect(await stores.invites.pendingMails(threepid)).toEqual([
      { token: 'secret-of-invite', mail: { link: 'https://secret.example/' } },
    ]);
    expect(await queued(stores.jobs, 'invite-mail')).toEqual([payload]);
  });

  it('cannot be used in the form in which they are stored', async () => {
    const stores = storesWith(1);
    await stores.sessions.findOrAdd(session, 0);
    await stores.invites.add(invite, []);
    const [row] = await db('invites');
    expect(await stores.invites.get(row.token)).toBeUndefined();
    expect(await stores.invites.remove(row.token)).toBe(false);
    const [stored] = await db('validation_sessions');
    expect(await stores.sessions.find(threepid, stored.client_secret)).toBeUndefined();
  });

  it('are recognised with a new signing key beside the old one', async () => {
    await storesWith(1).sessions.findOrAdd(session, 0);
    await storesWith(1).invites.add(invite, [onBind]);
    const stores = storesWith(2, 1);
    expect(await stores.sessions.find(threepid, 'secret-of-client')).toEqual(session);
    expect(await stores.sessions.findOrAdd({ ...session, sid: 's2' }, 0)).toEqual(session);
    expect(await stores.invites.get('secret-of-invite')).toEqual(invite);
    expect(await queued(stores.jobs, 'onbind')).toEqual([onBind.payload]);
  });

  it('that were sealed with a lost key count as missing, and their jobs wait for the key', async () => {
    await storesWith(1).sessions.findOrAdd(session, 0);
    await storesWith(1).invites.add(invite, [onBind]);
    const stores = storesWith(2);
    expect(await stores.sessions.get('s1')).toBeUndefined();
    expect(await stores.sessions.findOrAdd({ ...session, sid: 's2' }, 0)).toMatchObject({ sid: 's2' });
    expect(await stores.invites.findWaiting([threepid])).toEqual([]);
    expect(await readAll(stores.invites.all())).toEqual([]);
    expect(await stores.jobs.take(wanted({ time: 5 }))).toEqual([]);
    expect(await storesWith(1).jobs.take(wanted({ time: 3_600_005 }))).toMatchObject([{ payload: onBind.payload }]);
  });
});

describe('secrets that an older version stored', () => {
  it('can still be used', async () => {
    const stores = storesWith(1);
    await db('validation_sessions').insert(clearSession);
    await db('invites').insert({ ...clearInvite, pending_mail: '{"link":"old-link"}' });
    await db('jobs').insert({
      kind: 'onbind',
      payload: JSON.stringify({ ...onBind.payload, invite: 'old-invite' }),
      run_at: 1,
    });
    expect(await stores.sessions.find(threepid, 'old-secret')).toMatchObject({ sid: 's0', token: 'old-token' });
    expect(await stores.sessions.findOrAdd({ ...session, clientSecret: 'old-secret' }, 0)).toMatchObject({ sid: 's0' });
    expect(await stores.invites.get('old-invite')).toMatchObject({ token: 'old-invite', keyId: 'ed25519:0' });
    expect(await stores.invites.pendingMails(threepid)).toEqual([{ token: 'old-invite', mail: { link: 'old-link' } }]);
    expect(await stores.jobs.take(wanted({ time: 5 }))).toMatchObject([{ payload: { invite: 'old-invite' } }]);
  });

  it('are sealed when they are changed, and those of invitations when no older version runs any more', async () => {
    const stores = storesWith(1);
    await db('validation_sessions').insert(clearSession);
    await db('invites').insert({ ...clearInvite, pending_mail: '{"link":"old-link"}' });
    const known = await stores.sessions.get('s0');
    if (known) await stores.sessions.save(known);
    await stores.invites.sealAll();
    await stores.invites.sealAll();
    expect(JSON.stringify([await db('validation_sessions'), await db('invites')])).not.toContain('old-');
    expect(await stores.sessions.find(threepid, 'old-secret')).toMatchObject({ sid: 's0', token: 'old-token' });
    expect(await stores.invites.get('old-invite')).toMatchObject({ token: 'old-invite', keyId: 'ed25519:0' });
    expect(await stores.invites.pendingMails(threepid)).toEqual([{ token: 'old-invite', mail: { link: 'old-link' } }]);
  });
});

describe('an older version that uses the same database', () => {
  it('finds no job that it cannot read, and no key with which it could give a homeserver a wrong answer', async () => {
    await storesWith(1).invites.add(invite, [onBind]);
    expect(await db('jobs').pluck('kind')).toEqual(['sealed-onbind']);
    expect(await db('invites').pluck('key_id')).toEqual(['sealed ed25519:0']);
  });
});
