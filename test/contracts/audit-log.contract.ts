import { describe, expect, it } from 'vitest';
import type { Binding } from '../../src/domain/associations/binding.js';
import type { MirroredEntry } from '../../src/domain/directory/directory-entry.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { email, msisdn, type Threepid } from '../../src/domain/identifiers/threepid.js';
import type { StoredInvite } from '../../src/domain/invites/invite.js';
import { draftOf, freshStores, type OpenStores } from './stores.js';

const [anna, bob]: [Mxid, Mxid] = ['@anna:example.org', '@bob:example.org'];
const [home, work] = [email('Strauß@home.example'), email('anna@example.org')];
const cause = { by: anna, requestId: 'r1', client: '192.0.2.1' };

const bound = (threepid: Threepid, mxid: Mxid, notAfter = 4_853_600_000_122): Binding => ({
  threepid,
  mxid,
  boundAt: 3,
  notBefore: 3,
  notAfter,
});

const entry = (id: string, mxid: Mxid): MirroredEntry => ({
  id,
  label: id,
  digest: '1',
  base: 'people',
  person: { mxid, threepids: [] },
  skipped: [],
});

const invite = (token: string, createdAt: number, deliveredAt?: number): StoredInvite => ({
  token,
  threepid: work,
  roomId: '!room:example.org',
  sender: bob,
  ephemeralPublicKey: `key of ${token}`,
  keyId: 'ed25519:0',
  createdAt,
  deliveredAt,
});

/** What every AuditLog promises, with the stores that share its database. */
export function auditLogContract(open: OpenStores): void {
  describe('AuditLog contract', () => {
    const on = freshStores(open);
    const all = () => on.audit.find({ limit: 100 });
    const lines = async () =>
      (await all()).map(({ action, mxid, detail, by }) =>
        [action, mxid, detail, by].filter((field) => field).join(' '),
      );

    it('stores a numbered entry for a binding: who did it, by which request and when, without the address', async () => {
      on.clock.time = 7;
      await on.associations.bind(bound(home, anna), [], cause);
      const [only] = await all();
      expect(only).toEqual({
        seq: expect.any(Number) as number,
        at: 7,
        action: 'bound',
        mxid: anna,
        medium: 'email',
        addressHash: expect.stringMatching(/^[\w-]{43}$/) as string,
        ...cause,
      });
      expect(JSON.stringify(only)).not.toMatch(/strau/i);
    });

    it('finds the entries of a user, and of an address in any spelling, since a time', async () => {
      await on.associations.bind(bound(home, anna), [], cause);
      on.clock.time = 50;
      await on.associations.bind(bound(work, bob), []);
      await on.associations.unbind(email('strauß@HOME.example'), anna, { by: 'operator eve' });
      const of = async (who: Threepid | Mxid, since?: number) =>
        (await on.audit.find({ who, since, limit: 100 })).map(({ action, by }) => `${action} by ${by}`);
      expect(await of(anna)).toEqual([`bound by ${anna}`, 'unbound by operator eve']);
      expect(await of(email('STRAUSS@home.example'))).toEqual(await of(anna));
      expect(await of(work)).toEqual(['bound by islet']);
      expect(await of(anna, 50)).toEqual(['unbound by operator eve']);
      expect(await of(msisdn('49221555123'))).toEqual([]);
      expect((await on.audit.find({ limit: 1 })).map(({ action }) => action)).toEqual(['unbound']);
    });

    it('stores an entry if a binding moves to another user or expires, and none if nothing changes', async () => {
      await on.associations.bind(bound(home, anna), []);
      await on.associations.bind(bound(home, bob, 9), [], cause);
      await on.associations.unbind(work, anna, cause);
      await on.associations.purge(10);
      await on.associations.purge(10);
      expect(await lines()).toEqual([
        `bound ${anna} islet`,
        `unbound ${anna} bound to ${bob} ${anna}`,
        `bound ${bob} ${anna}`,
        `binding_expired ${bob} islet`,
      ]);
    });

    it('stores entries for invitations, their delivery, their removal and their expiry', async () => {
      await on.invites.add(invite('t1', 1), [], undefined, cause);
      await on.invites.add(invite('t2', 2), []);
      await on.invites.add(invite('t3', 3), []);
      await on.invites.deliver(['t1'], 5, []);
      await on.invites.deliver(['t1'], 6, []);
      await on.invites.remove('t2', { by: 'operator' });
      await on.invites.remove('t2', { by: 'operator' });
      await on.invites.purgeWaiting(10);
      const room = '!room:example.org';
      expect(await lines()).toEqual([
        `invited ${bob} ${room} ${anna}`,
        `invited ${bob} ${room} islet`,
        `invited ${bob} ${room} islet`,
        `invite_delivered ${bob} ${room} islet`,
        `invite_revoked ${bob} ${room} operator`,
        `invite_expired ${bob} ${room} islet`,
      ]);
    });

    it('stores entries for sign-ins, sign-outs and each other end of a token, with its reason', async () => {
      for (const token of ['a', 'b', 'c', 'd']) await on.accounts.addToken(token, anna, 5, cause);
      await on.accounts.addToken('e', bob, 5, cause);
      await on.accounts.removeToken('a', { by: 'user' });
      await on.accounts.removeToken('a', { by: 'user' });
      await on.accounts.keepLatest(anna, 2);
      await on.accounts.removeOf([anna], 'the account is gone');
      await on.accounts.purge(10);
      expect((await lines()).slice(5)).toEqual([
        `signed_out ${anna} user`,
        `tokens_ended ${anna} 1: more than accessTokens.perUser islet`,
        `tokens_ended ${anna} 2: the account is gone islet`,
        `tokens_ended ${bob} 1: not used islet`,
      ]);
      expect((await lines()).slice(0, 5)).toEqual([
        ...Array.from({ length: 4 }, () => `signed_in ${anna} ${anna}`),
        `signed_in ${bob} ${anna}`,
      ]);
    });

    it('stores an entry for accepted terms', async () => {
      await on.terms.accept(anna, ['https://example.org/1'], 5, cause);
      expect(await lines()).toEqual([`terms_accepted ${anna} https://example.org/1 ${anna}`]);
    });

    it('stores entries for people who leave a directory or return, and for what is suspended, resumed and revoked', async () => {
      const apply = (put: readonly MirroredEntry[], removed: readonly string[] = []) =>
        on.mirrors.apply('staff', {
          upserts: draftOf(on.mirrors, put),
          removed,
          state: { syncedAt: 1, attemptedAt: 1, bases: {}, failure: undefined },
          changes: [],
        });
      await apply([entry('a', anna), entry('b', bob)]);
      await on.associations.bind(bound(home, anna), []);
      await on.accounts.addToken('token', anna, 1);
      for (const missing of [await on.assignments.missingAssignments('staff')])
        await on.assignments.add(
          missing.map(({ id, person }) => ({
            source: 'staff',
            entryId: id,
            mxid: person?.mxid ?? anna,
            person: `staff ${id}`,
            since: undefined,
            leftAt: undefined,
            addresses: [],
          })),
        );
      await on.assignments.assignBindings();
      await apply([], ['a', 'b']);
      await on.assignments.reconcile('staff', ['staff'], 20);
      await apply([entry('a', anna)]);
      await on.assignments.reconcile('staff', ['staff'], 30);
      const seen = (await lines()).slice(2);
      expect(seen.slice(0, 2).sort()).toEqual([`person_removed ${anna} islet`, `person_removed ${bob} islet`]);
      expect(seen.slice(2)).toEqual([
        `binding_suspended ${anna} islet`,
        `tokens_ended ${anna} 1: left the directory islet`,
        `binding_resumed ${anna} islet`,
      ]);
    });

    it('stores an entry for data that is removed after its retention time', async () => {
      await on.invites.add(invite('t1', 1), []);
      await on.invites.deliver(['t1'], 5, []);
      await on.invites.confirm('t1', 6);
      await on.invites.purgeDelivered(10, 5);
      await on.terms.accept(anna, ['https://example.org/1', 'https://example.org/2'], 5);
      await on.terms.purge(['https://example.org/2'], 10, 5);
      expect((await lines()).slice(2)).toEqual([
        `invite_expired ${bob} !room:example.org islet`,
        `terms_accepted ${anna} https://example.org/1 islet`,
        `terms_accepted ${anna} https://example.org/2 islet`,
        `terms_removed ${anna} https://example.org/1 islet`,
      ]);
    });

    it('stores no entry for a change that failed', async () => {
      await on.accounts.addToken('a', anna, 5);
      await expect(on.accounts.addToken('a', bob, 5)).rejects.toThrow(Error);
      await on.invites.add(invite('t1', 1), []);
      await expect(on.invites.add(invite('t1', 1), [])).rejects.toThrow(Error);
      expect(await lines()).toHaveLength(2);
    });

    it('delivers entries in order until the delivery succeeds, and removes only delivered ones', async () => {
      await on.audit.add([{ action: 'sync_requested', source: 'staff' }, { action: 'backup_made' }], {
        by: 'operator',
      });
      const written: number[] = [];
      const failing = on.audit.handOver((entries) => {
        written.push(...entries.map(({ seq }) => seq));
        throw new Error('no space left on device');
      }, 2);
      await expect(failing).rejects.toThrow('no space left');
      await on.audit.purge(10);
      expect(await all()).toHaveLength(2);
      expect(await on.audit.handOver((entries) => void written.push(...entries.map(({ seq }) => seq)), 1)).toBe(1);
      expect(await on.audit.handOver((entries) => void written.push(...entries.map(({ seq }) => seq)), 9)).toBe(1);
      expect(await on.audit.handOver(() => expect.fail('nothing is left'), 9)).toBe(0);
      expect(written).toEqual([...written.slice(0, 2), ...written.slice(0, 2)]);
      expect(written[1]).toBeGreaterThan(written[0] ?? Infinity);
      await on.audit.purge(10);
      expect(await all()).toEqual([]);
      await on.audit.add([{ action: 'backup_made' }], { by: 'operator' });
      expect((await all())[0]?.seq).toBeGreaterThan(written[1] ?? Infinity);
    });

    it('removes all old entries, however many there are', async () => {
      const many = Array.from({ length: 1_001 }, () => ({ action: 'backup_made' }) as const);
      await on.audit.add(many, { by: 'operator' });
      while ((await on.audit.handOver(() => undefined, 500)) > 0);
      await on.audit.purge(10);
      expect(await all()).toEqual([]);
    });
  });
}
