import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { KnexInstallationStore } from '../../../src/adapters/knex/installation-store.js';
import { isSuccessor, preventRepeats, NOT_SENT_AGAIN } from '../../../src/adapters/knex/prevent-repeats.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { queued, wanted } from '../../support/jobs.js';
import { secretBox } from '../../support/secret-box.js';

const clock = { now: () => 1 };
const address = 'anna@example.org';
const mail = {
  link: 'https://x',
  brand: null,
  acceptLanguage: null,
  sender: '@bob:example.org',
  senderDisplayName: null,
  roomName: null,
  roomAlias: null,
  roomAvatarUrl: null,
  roomType: null,
};
const mailJob = (token: string) => ({ kind: 'invite-mail', payload: { address, ...mail, token }, runAt: 1 }) as const;

describe('the record of actions between a backup and its restore', () => {
  let backup: Knex;
  let later: Knex;
  const storesOn = (db: Knex) => knexStores(db, clock, secretBox);
  const prevent = (replaced: Knex | undefined) =>
    backup.transaction((trx) => preventRepeats(trx, storesOn(trx), replaced, 9));
  const invite = (token: string) => storesOn(backup).invites.get(token);

  /** The same content in both, as at the time of the backup. */
  async function compareBoth(fill: (stores: ReturnType<typeof storesOn>) => Promise<unknown>): Promise<void> {
    for (const db of [backup, later]) await fill(storesOn(db));
  }
  const stored = (token: string) => ({
    token,
    threepid: email(address),
    roomId: '!room:example.org',
    sender: '@bob:example.org' as const,
    ephemeralPublicKey: token,
    keyId: 'ed25519:0',
    createdAt: 1,
    deliveredAt: undefined,
  });

  beforeEach(async () => {
    backup = await migratedInMemory();
    later = await migratedInMemory();
    await compareBoth(async ({ invites }) => {
      for (const token of ['accepted', 'refused', 'waiting', 'unconfirmed'])
        await invites.add(stored(token), [mailJob(token)]);
      await invites.add(stored('digest'), [], { link: 'https://x' });
    });
  });
  afterEach(async () => {
    await backup.destroy();
    await later.destroy();
  });

  it('is copied from the replaced database: deliveries and mails are not repeated', async () => {
    const { invites, jobs } = storesOn(later);
    await invites.deliver(['accepted', 'refused', 'unconfirmed'], 5, []);
    await invites.confirm('accepted', 6);
    await invites.markRefused('refused', 'no such room');
    await invites.clearPendingMails(['digest']);
    const [first] = await jobs.take(wanted({ time: 2, limit: 1 }));
    await jobs.remove(first?.id ?? '', 'test/1');

    expect(await prevent(later)).toEqual({ isKnown: true, delivered: 2, mails: 2 });
    expect(await invite('accepted')).toMatchObject({ deliveredAt: 5, confirmedAt: 6 });
    expect(await invite('refused')).toMatchObject({ deliveredAt: 5, failure: 'no such room' });
    for (const token of ['waiting', 'unconfirmed', 'digest'])
      expect(await invite(token)).toEqual({ ...stored(token), restoredAt: 9 });
    expect(await storesOn(backup).invites.pendingMails(email(address))).toEqual([]);
    expect(await queued(storesOn(backup).jobs, 'invite-mail')).toHaveLength(3);
  });

  it('is missing without that database: queued mails are not sent, and the invitations wait', async () => {
    expect(await prevent(undefined)).toEqual({ isKnown: false, delivered: 0, mails: 5 });
    expect(await queued(storesOn(backup).jobs, 'invite-mail')).toEqual([]);
    for (const token of ['accepted', 'digest'])
      expect(await invite(token)).toEqual({ ...stored(token), failure: NOT_SENT_AGAIN, restoredAt: 9 });
  });

  it('is not taken from the database of another installation', async () => {
    expect(await isSuccessor(backup, later)).toBe(false);
    const installation = { serverName: 'a', keyId: 'ed25519:0', publicKey: 'x' };
    for (const db of [backup, later]) await new KnexInstallationStore(db).save(installation);
    expect(await isSuccessor(backup, later)).toBe(false);
    const id = await new KnexInstallationStore(backup).get();
    await later('installation').where({ name: 'id' }).update({ value: id?.id });
    expect(await isSuccessor(backup, later)).toBe(true);
  });
});
