import type { Knex } from 'knex';
import { KnexInstallationStore } from '../../../src/adapters/knex/installation-store.js';
import { type KnexStores, knexStores } from '../../../src/adapters/knex/stores.js';
import type { Binding } from '../../../src/domain/associations/binding.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { StoredInvite } from '../../../src/domain/invites/invite.js';
import { JOB_KINDS } from '../../../src/domain/jobs/job.js';
import type { ValidationSession } from '../../../src/domain/validation/validation-session.js';
import { FakeClock } from '../fakes.js';
import { secretBox } from '../secret-box.js';

/** The time at which the data was stored, ms since the epoch. */
const NOW = Date.UTC(2026, 10, 29);
const ANNA = '@anna:example.org';
const BERT = '@bert:example.org';
const [anna, bert, phone] = [email('anna@example.org'), email('Bert@Example.ORG'), msisdn('447700900123')];
const terms = ['https://example.org/terms-1.0-en.html'];

export const storesOf = (db: Knex): KnexStores => {
  const clock = new FakeClock();
  clock.pass(NOW - clock.now());
  return knexStores(db, clock, secretBox);
};

const binding = (threepid: Threepid, mxid: typeof ANNA | typeof BERT): Binding => ({
  threepid,
  mxid,
  boundAt: NOW,
  notBefore: NOW,
  notAfter: NOW + 100 * 365 * 86_400_000,
});

const invite = (token: string, threepid: Threepid): StoredInvite => ({
  token,
  threepid,
  roomId: '!room:example.org',
  sender: ANNA,
  ephemeralPublicKey: `key of ${token}`,
  keyId: 'ed25519:0',
  createdAt: NOW,
  deliveredAt: undefined,
});

const session = (sid: string, threepid: Threepid, validatedAt: number | undefined): ValidationSession => ({
  sid,
  threepid,
  clientSecret: 'monkeys',
  token: '123456',
  sendAttempt: 1,
  nextLink: 'https://example.org/next',
  validatedAt,
  openedAt: NOW,
  openedBy: ANNA,
  modifiedAt: NOW,
});

/** Stores a few rows in each table, in the same way as a server does. */
export async function fill(db: Knex): Promise<void> {
  const stores = storesOf(db);
  const key = { serverName: 'id.example.org', keyId: 'ed25519:0', publicKey: 'a2V5' };
  await new KnexInstallationStore(db).save(key);
  await stores.sessions.findOrAdd(session('1', anna, undefined), 0);
  await stores.sessions.findOrAdd(session('2', phone, undefined), 0);
  await stores.sessions.save(session('2', phone, NOW));
  await stores.peppers.add({ pepper: 'thepepper', announcedFrom: NOW }, undefined);
  await stores.accounts.addToken('token-of-anna', ANNA, NOW);
  await stores.accounts.addToken('token-of-bert', BERT, NOW);
  await stores.accounts.addToken('ended', BERT, NOW);
  await stores.accounts.removeToken('ended');
  await stores.terms.accept(ANNA, terms, NOW);
  const payload = { medium: bert.medium, address: bert.address, mxid: BERT, invite: null } as const;
  await stores.associations.bind(binding(bert, BERT), [{ kind: 'onbind', payload, runAt: NOW }]);
  await stores.associations.bind(binding(phone, ANNA), []);
  const digest = { kind: 'invite-digest', payload: { address: anna.address }, runAt: NOW } as const;
  await stores.invites.add(invite('waiting', anna), [digest], { roomName: 'Room' });
  await stores.invites.add(invite('delivered', bert), []);
  await stores.invites.deliver(['delivered'], NOW, []);
  await stores.invites.confirm('delivered', NOW);
  await stores.invites.add(invite('imported', phone), []);
  await db('imported_ephemeral_keys').insert({ public_key: 'key of Sydent' });

  const base = 'ou=people,dc=example,dc=org';
  const person = { mxid: ANNA, threepids: [anna], name: 'Anna', words: ['anna'] } as const;
  const upserts = stores.mirrors.draft();
  upserts.add({ id: 'a', label: `uid=anna,${base}`, digest: '1', base, person, skipped: [] });
  upserts.add({ id: 'n', label: `uid=none,${base}`, digest: '1', base, person: undefined, skipped: ['no user name'] });
  const state = { syncedAt: NOW, attemptedAt: NOW, bases: { [base]: 2 }, failure: undefined };
  await stores.mirrors.apply('staff', { upserts, removed: [], state, changes: [] });
  const assignment = { source: 'staff', mxid: ANNA, person: 'staff a', since: undefined, addresses: [anna] } as const;
  await stores.assignments.add([
    { ...assignment, entryId: 'a', leftAt: undefined },
    { ...assignment, entryId: 'b', mxid: '@left:example.org', person: 'staff b', leftAt: NOW },
  ]);
  await stores.accountStatuses.add([ANNA, BERT], NOW);
  await stores.accountStatuses.answer([ANNA], true, NOW, NOW + 86_400_000);
  await stores.limits.consume('mail to anna', { amount: 5, windowMs: 3_600_000 });
  await stores.limits.close();
}

/** Everything that `fill` stored, as the stores return it. It must be the same after every upgrade. */
export async function readBack(db: Knex): Promise<Readonly<Record<string, unknown>>> {
  const stores = storesOf(db);
  const jobs: object[] = [];
  for (const kind of JOB_KINDS) for await (const page of stores.jobs.list(kind)) jobs.push(...page);
  const { id: _random, ...installation } = (await new KnexInstallationStore(db).get()) ?? { id: '' };
  return {
    installation,
    sessions: await Promise.all(['1', '2'].map((sid) => stores.sessions.get(sid))),
    peppers: await stores.peppers.all(),
    tokens: await Promise.all(['token-of-anna', 'token-of-bert', 'ended'].map((token) => stores.accounts.find(token))),
    hasAccepted: await stores.terms.hasAccepted(ANNA, [terms]),
    bindings: await Promise.all([bert, phone].map((threepid) => stores.associations.find([threepid]))),
    invites: await Promise.all(['waiting', 'delivered', 'imported'].map((token) => stores.invites.get(token))),
    pendingMails: await stores.invites.pendingMails(anna),
    ephemeralKeys: await Promise.all(
      ['key of waiting', 'key of Sydent', 'unknown'].map((key) => stores.invites.hasEphemeralKey(key)),
    ),
    jobs: jobs.map((job) => ({ ...job, id: undefined })),
    mirrorState: await stores.mirrors.state('staff'),
    mirror: await Promise.all(['a', 'n'].map((id) => stores.mirrors.get('staff', [id]))),
    assignments: await Promise.all([ANNA, '@left:example.org'].map((mxid) => stores.assignments.find([mxid as Mxid]))),
    accountStatuses: await Promise.all([ANNA, BERT].map((mxid) => stores.accountStatuses.find([mxid as Mxid]))),
  };
}
