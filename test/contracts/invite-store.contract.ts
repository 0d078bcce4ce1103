import { describe, expect, it } from 'vitest';
import type { StoredInvite } from '../../src/domain/invites/invite.js';
import { email, msisdn } from '../../src/domain/identifiers/threepid.js';
import { queued } from '../support/jobs.js';
import { freshStores, inBatches, type OpenStores, readAll } from './stores.js';

const strauss = email('Strauß@example.org');
const payload = { medium: 'email', address: 'a@example.org', mxid: '@anna:example.org' } as const;
const job = { kind: 'notify-bound', payload, runAt: 5 } as const;

const invite = (token: string, createdAt: number, threepid = strauss): StoredInvite => ({
  token,
  threepid,
  roomId: '!room:example.org',
  sender: '@bob:example.org',
  ephemeralPublicKey: `key of ${token}`,
  keyId: 'ed25519:0',
  createdAt,
  deliveredAt: undefined,
});

const byToken = (invites: readonly { readonly token: string }[]) => invites.map(({ token }) => token);

/** What every InviteStore promises. */
export function inviteStoreContract(open: OpenStores): void {
  describe('InviteStore contract', () => {
    const on = freshStores(open);

    it('returns an invitation by its token, to the millisecond and with its alias', async () => {
      const stored = invite('t1', 1_700_000_000_123);
      await on.invites.add(stored, []);
      expect(await on.invites.get('t1')).toStrictEqual(stored);
      expect(await on.invites.get('unknown')).toBeUndefined();
    });

    it('queues the jobs of an invitation in the same transaction', async () => {
      await on.invites.add(invite('t1', 1), [job]);
      expect(await queued(on.jobs, 'notify-bound')).toEqual([payload]);
    });

    it('keeps the pending mails of a threepid, the newest first, until they are cleared or delivered', async () => {
      for (const [token, at] of [
        ['t1', 1],
        ['t2', 2],
        ['t3', 3],
      ] as const)
        await on.invites.add(invite(token, at), [], { link: `link of ${token}` });
      await on.invites.add(invite('t4', 4), []);
      await on.invites.add(invite('t5', 5, email('other@example.org')), [], { link: 'another' });
      const pending = async () => byToken(await on.invites.pendingMails(strauss));
      expect((await on.invites.pendingMails(strauss))[0]).toEqual({ token: 't3', mail: { link: 'link of t3' } });
      expect(await pending()).toEqual(['t3', 't2', 't1']);
      await on.invites.clearPendingMails(['t2']);
      expect(await pending()).toEqual(['t3', 't1']);
      await on.invites.deliver(['t1'], 9, []);
      expect(await pending()).toEqual(['t3']);
    });

    it('adds neither an invitation with an existing token nor its jobs', async () => {
      await on.invites.add(invite('t1', 1), []);
      await expect(on.invites.add(invite('t1', 2, msisdn('49221555123')), [job])).rejects.toThrow(Error);
      expect(await on.invites.get('t1')).toEqual(invite('t1', 1));
      expect(await queued(on.jobs, 'notify-bound')).toEqual([]);
    });

    it('finds waiting invitations for any of the given threepids, oldest first', async () => {
      const phone = msisdn('49221555123');
      await on.invites.add(invite('t3', 3), []);
      await on.invites.add(invite('t1', 1), []);
      await on.invites.add(invite('t2', 2, phone), []);
      await on.invites.add(invite('t4', 4, email('other@example.org')), []);
      expect(byToken(await on.invites.findWaiting([phone, email('strauss@example.org')]))).toEqual(['t1', 't2', 't3']);
      expect(await on.invites.findWaiting([email('nobody@example.org')])).toEqual([]);
      const atOnce = [[phone], [email('nobody@example.org')], [phone, email('strauss@example.org')]];
      const found = await Promise.all(atOnce.map((threepids) => on.invites.findWaiting(threepids)));
      expect(found.map(({ length }) => length)).toEqual([1, 0, 3]);
      expect(await on.invites.findWaiting([])).toEqual([]);
    });

    it('finds waiting invitations for any number of threepids', async () => {
      await on.invites.add(invite('t2', 2, email('user7@example.org')), []);
      await on.invites.add(invite('t1', 1, email('user19999@example.org')), []);
      const asked = Array.from({ length: 20_000 }, (_, at) => email(`user${at}@example.org`));
      expect(byToken(await on.invites.findWaiting(asked))).toEqual(['t1', 't2']);
    });

    it('returns each threepid with waiting invitations once', async () => {
      await on.invites.add(invite('t1', 1), []);
      await on.invites.add(invite('t2', 2), []);
      await on.invites.add(invite('t3', 3, msisdn('49221555123')), []);
      await on.invites.add(invite('t4', 4, email('done@example.org')), []);
      await on.invites.deliver(['t4'], 5, []);
      const waiting = await on.invites.waitingThreepids();
      expect(waiting.toSorted((a, b) => (a.medium < b.medium ? -1 : 1))).toEqual([strauss, msisdn('49221555123')]);
    });

    it('marks invitations as delivered and queues the jobs in the same transaction', async () => {
      for (const at of [1, 2, 3]) await on.invites.add(invite(`t${at}`, at), []);
      await on.invites.deliver(['t1', 't3', 'unknown'], 1_700_000_000_123, [job]);
      expect(byToken(await on.invites.findWaiting([strauss]))).toEqual(['t2']);
      expect(await on.invites.get('t1')).toEqual({ ...invite('t1', 1), deliveredAt: 1_700_000_000_123 });
      expect(await queued(on.jobs, 'notify-bound')).toEqual([payload]);
    });

    it('keeps the time of invitations that were already delivered', async () => {
      await on.invites.add(invite('t1', 1), []);
      await on.invites.deliver(['t1'], 10, []);
      await on.invites.deliver(['t1'], 20, []);
      expect((await on.invites.get('t1'))?.deliveredAt).toBe(10);
    });

    it('makes a delivered invitation wait again, and does nothing for unknown ones', async () => {
      for (const at of [1, 2]) await on.invites.add(invite(`t${at}`, at), []);
      await on.invites.deliver(['t1', 't2'], 10, []);
      await on.invites.requeue('t1');
      await on.invites.requeue('unknown');
      expect(await on.invites.findWaiting([strauss])).toEqual([invite('t1', 1)]);
      expect((await on.invites.get('t2'))?.deliveredAt).toBe(10);
    });

    it('stores when a homeserver confirmed an invitation, why it refused one, and why one waits again', async () => {
      for (const at of [1, 2, 3]) await on.invites.add(invite(`t${at}`, at), []);
      await on.invites.deliver(['t1', 't2', 't3'], 10, []);
      await on.invites.confirm('t1', 20);
      await on.invites.markRefused('t2', 'no such endpoint');
      await on.invites.requeue('t3', 'nobody answers');
      for (const token of ['unknown']) {
        await on.invites.confirm(token, 20);
        await on.invites.markRefused(token, 'why');
      }
      expect(await on.invites.get('t1')).toStrictEqual({ ...invite('t1', 1), deliveredAt: 10, confirmedAt: 20 });
      const refused = { ...invite('t2', 2), deliveredAt: 10, failure: 'no such endpoint' };
      expect(await on.invites.get('t2')).toStrictEqual(refused);
      expect(await on.invites.findWaiting([strauss])).toEqual([{ ...invite('t3', 3), failure: 'nobody answers' }]);
    });

    it('removes the reason for waiting once an invitation is delivered again', async () => {
      await on.invites.add(invite('t1', 1), []);
      await on.invites.deliver(['t1'], 10, []);
      await on.invites.requeue('t1', 'nobody answers');
      await on.invites.deliver(['t1'], 20, []);
      expect(await on.invites.get('t1')).toStrictEqual({ ...invite('t1', 1), deliveredAt: 20 });
    });

    it('stores why the mails of waiting invitations were not sent, and removes these mails', async () => {
      await on.invites.add(invite('t1', 1), []);
      await on.invites.add(invite('t2', 2), [], { link: 'two' });
      await on.invites.add(invite('t3', 3), [], { link: 'three' });
      await on.invites.add(invite('gone', 4), []);
      await on.invites.deliver(['gone'], 10, []);
      await on.invites.markUnmailed(['t1', 't2', 'gone', 'unknown'], 'nobody there');
      expect((await on.invites.findWaiting([strauss])).map(({ failure }) => failure)).toEqual([
        'nobody there',
        'nobody there',
        undefined,
      ]);
      expect(await on.invites.pendingMails(strauss)).toEqual([{ token: 't3', mail: { link: 'three' } }]);
      expect(await on.invites.get('gone')).toStrictEqual({ ...invite('gone', 4), deliveredAt: 10 });
    });

    it('delivers nothing if the jobs cannot be queued', async () => {
      const circle = { ...payload };
      Object.assign(circle, { circle });
      await on.invites.add(invite('t1', 1), []);
      await expect(on.invites.deliver(['t1'], 10, [{ ...job, payload: circle }])).rejects.toThrow(Error);
      expect(byToken(await on.invites.findWaiting([strauss]))).toEqual(['t1']);
    });

    it('knows the ephemeral keys of its invitations, also after delivery', async () => {
      await on.invites.add(invite('t1', 1), []);
      await on.invites.deliver(['t1'], 10, []);
      expect(await on.invites.hasEphemeralKey('key of t1')).toBe(true);
      expect(await on.invites.hasEphemeralKey('key of t2')).toBe(false);
    });

    it('reads all invitations, delivered or not, in pages', async () => {
      const tokens = Array.from({ length: 1_001 }, (_, at) => `t${at}`);
      await inBatches(tokens, (token) => on.invites.add(invite(token, 1), []));
      await on.invites.deliver(['t7'], 10, []);
      const found: StoredInvite[] = [];
      for await (const page of on.invites.all()) found.push(...page);
      expect(new Set(byToken(found))).toEqual(new Set(tokens));
      expect(found).toHaveLength(tokens.length);
      expect(found.find(({ token }) => token === 't7')).toEqual({ ...invite('t7', 1), deliveredAt: 10 });
    });

    it('removes an invitation and its key, and returns whether there was one', async () => {
      await on.invites.add(invite('t1', 1), []);
      await on.invites.add(invite('t2', 1), []);
      expect(await on.invites.remove('t1')).toBe(true);
      expect(await on.invites.remove('t1')).toBe(false);
      expect(await on.invites.get('t1')).toBeUndefined();
      expect(await on.invites.hasEphemeralKey('key of t1')).toBe(false);
      expect(byToken(await on.invites.findWaiting([strauss]))).toEqual(['t2']);
    });

    it('removes invitations that have waited since before the given time, and no others', async () => {
      for (const at of [98, 99, 100]) await on.invites.add(invite(`t${at}`, at), []);
      await on.invites.deliver(['t98'], 10, []);
      await on.invites.purgeWaiting(100);
      expect(await on.invites.get('t98')).toBeDefined();
      expect(await on.invites.get('t99')).toBeUndefined();
      expect(await on.invites.get('t100')).toBeDefined();
    });

    it('removes invitations that were delivered and answered long ago, and keeps their keys (KEY-7)', async () => {
      const day = 24 * 60 * 60 * 1000;
      for (const token of ['taken', 'refused', 'on its way', 'never answered', 'lately', 'waiting'])
        await on.invites.add(invite(token, 1), []);
      await on.invites.deliver(['never answered'], 9 * day, []);
      await on.invites.deliver(['taken', 'refused', 'on its way'], 30 * day, []);
      await on.invites.deliver(['lately'], 40 * day, []);
      for (const token of ['taken', 'lately']) await on.invites.confirm(token, 41 * day);
      await on.invites.markRefused('refused', 'no such room');

      const purge = () => on.invites.purgeDelivered(40 * day, 2);
      expect([await purge(), await purge(), await purge()]).toEqual([2, 1, 0]);
      expect(byToken((await readAll(on.invites.all())).toSorted((a, b) => (a.token < b.token ? -1 : 1)))).toEqual([
        'lately',
        'on its way',
        'waiting',
      ]);
      expect(await on.invites.hasEphemeralKey('key of taken')).toBe(true);
      expect(await on.invites.hasEphemeralKey('key of never answered')).toBe(true);
      expect(await on.invites.hasEphemeralKey('key of nobody')).toBe(false);
    });
  });
}
