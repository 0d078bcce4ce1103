import { describe, expect, it } from 'vitest';
import { type Binding } from '../../src/domain/associations/binding.js';
import { BINDINGS } from '../../src/domain/associations/binding.js';
import type { MirroredEntry } from '../../src/domain/directory/directory-entry.js';
import { type UserIdAssignment, personOf } from '../../src/domain/deprovisioning/user-id-assignment.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { email, type Threepid } from '../../src/domain/identifiers/threepid.js';
import { draftOf, freshStores, inBatches, type OpenStores, readAll, readClaims } from './stores.js';

const anna: Mxid = '@anna:example.org';
const [home, work] = [email('Strauß@home.example'), email('anna@example.org')];
const nothing = { departed: 0, returned: 0, suspended: 0, resumed: 0 };

const entry = (id: string, mxid: Mxid = anna): MirroredEntry => ({
  id,
  label: `uid=${id}`,
  digest: '1',
  base: 'people',
  person: { mxid, threepids: [work] },
  skipped: [],
});

const noPerson: MirroredEntry = { ...entry('none'), person: undefined, skipped: ['no user name'] };

const assignment = (entryId: string, more: Partial<UserIdAssignment> = {}): UserIdAssignment => ({
  source: 'staff',
  entryId,
  mxid: anna,
  person: personOf('staff', entryId),
  since: undefined,
  leftAt: undefined,
  addresses: [],
  ...more,
});

const bound = (threepid: Threepid, mxid: Mxid = anna): Binding => ({
  threepid,
  mxid,
  boundAt: 3,
  notBefore: 3,
  notAfter: 4_853_600_000_122,
});

/** What every UserIdAssignmentStore promises. */
export function userIdAssignmentStoreContract(open: OpenStores): void {
  describe('UserIdAssignmentStore contract', () => {
    const on = freshStores(open);
    const apply = (put: readonly MirroredEntry[], removed: readonly string[] = [], source = 'staff') =>
      on.mirrors.apply(source, {
        upserts: draftOf(on.mirrors, put),
        removed,
        state: { syncedAt: 1, attemptedAt: 1, bases: {}, failure: undefined },
        changes: [],
      });
    const reconcile = (time: number, source = 'staff', authoritativeSources = ['staff', 'partners']) =>
      on.assignments.reconcile(source, authoritativeSources, time);
    const suspended = async (threepid = home) => (await on.associations.find([threepid]))[0]?.suspended;
    /** Records Anna with the entry `a`, and binds her address. */
    const begin = async () => {
      await apply([entry('a'), entry('b', '@bob:example.org')]);
      await on.associations.bind(bound(home), []);
      await on.assignments.add([assignment('a')]);
      await on.assignments.assignBindings();
    };

    it('returns added assignments in the order of their time, and does not change known ones', async () => {
      const later = assignment('b', { since: 1_700_000_000_123, leftAt: 1_700_000_000_124, addresses: [home, work] });
      await on.assignments.add([later, assignment('a')]);
      await on.assignments.add([assignment('a', { person: 'other', since: 9 })]);
      expect(await on.assignments.find([anna, anna, '@nobody:example.org'])).toEqual([assignment('a'), later]);
      expect(await on.assignments.find([])).toEqual([]);
    });

    it('distinguishes ids byte by byte, and sources', async () => {
      const all = [assignment('a'), assignment('A'), assignment('a '), assignment('a', { source: 'partners' })];
      await on.assignments.add(all);
      expect(await on.assignments.find([anna])).toHaveLength(4);
      await apply([entry('A')]);
      await reconcile(7);
      const active = (await on.assignments.find([anna])).filter(({ leftAt }) => leftAt === undefined);
      expect(active.map(({ source, entryId }) => `${source} ${entryId}`).sort()).toEqual(['partners a', 'staff A']);
    });

    it('returns the entries to record: of users with bindings, tokens or terms here, and of users with a recorded assignment', async () => {
      const users = ['bound', 'signed-in', 'known', 'nothing'].map((name): Mxid => `@${name}:example.org`);
      await apply([...users.map((mxid, at) => entry(`${at}`, mxid)), noPerson]);
      await apply([entry('0', users[0])], [], 'partners');
      const missingAssignments = async () =>
        (await on.assignments.missingAssignments('staff')).map(({ id }) => id).sort();
      expect(await missingAssignments()).toEqual([]);
      await on.associations.bind(bound(home, users[0]), []);
      await on.accounts.addToken('token', '@signed-in:example.org', 1);
      await on.assignments.add([assignment('before', { mxid: '@known:example.org' })]);
      expect(await missingAssignments()).toEqual(['0', '1', '2']);
      expect((await on.assignments.missingAssignments('staff')).find(({ id }) => id === '0')).toEqual({
        ...entry('0', users[0]),
        source: 'staff',
      });
      await on.assignments.add([assignment('1', { mxid: '@signed-in:example.org' })]);
      expect(await missingAssignments()).toEqual(['0', '2']);
    });

    it('records people whose entry a mirror removes, with its addresses, if it had a user ID', async () => {
      await apply([entry('a'), noPerson]);
      await apply([], ['a', 'none', 'unknown']);
      expect(await on.assignments.find([anna])).toEqual([assignment('a', { addresses: [work] })]);
      expect(await reconcile(7)).toEqual({ ...nothing, departed: 1 });
      expect(await readAll(on.assignments.departed())).toEqual([assignment('a', { leftAt: 7, addresses: [work] })]);
    });

    it('suspends the bindings of people who left, once, and writes that to the change feed', async () => {
      await begin();
      expect(await reconcile(6)).toEqual(nothing);
      const before = await on.feed.position();
      await apply([], ['a']);
      expect(await reconcile(7)).toEqual({ ...nothing, departed: 1, suspended: 1 });
      expect(await on.associations.find([home])).toEqual([
        { ...bound(home), suspended: { since: 7, source: 'staff' } },
      ]);
      expect(await readAll(on.associations.all())).toMatchObject([{ suspended: { since: 7 } }]);
      expect(await readClaims(on.associations.claims())).toEqual([]);
      expect((await on.feed.since(before))?.changes).toEqual([
        { source: BINDINGS, removed: [{ threepid: home, mxid: anna }], added: [], isReload: false },
      ]);
      expect(await on.assignments.find([anna])).toEqual([assignment('a', { leftAt: 7, addresses: [work, home] })]);
      expect(await reconcile(8)).toEqual(nothing);
    });

    it('resumes the bindings of people who returned', async () => {
      await begin();
      await apply([], ['a']);
      await reconcile(7);
      const before = await on.feed.position();
      await apply([entry('a')]);
      expect(await reconcile(9)).toEqual({ ...nothing, returned: 1, resumed: 1 });
      expect(await on.associations.find([home])).toEqual([bound(home)]);
      expect((await on.feed.since(before))?.changes).toEqual([
        { source: BINDINGS, removed: [], added: [{ threepid: home, mxid: anna }], isReload: false },
      ]);
      expect(await on.assignments.find([anna])).toEqual([assignment('a')]);
      expect(await readAll(on.assignments.departed())).toEqual([]);
    });

    it('does not change bindings of unrecorded people and of others', async () => {
      await begin();
      await on.associations.bind(bound(work, '@bot:example.org'), []);
      await apply([], ['a']);
      await on.assignments.assignBindings();
      await reconcile(7);
      expect(await suspended(work)).toBeUndefined();
      await on.associations.bind(bound(home, '@bob:example.org'), []);
      expect(await suspended()).toBeUndefined();
      expect(await reconcile(8)).toEqual(nothing);
    });

    it('assigns a binding to the earliest person with the user ID', async () => {
      await begin();
      await apply([], ['a']);
      await reconcile(7);
      await on.assignments.add([assignment('c', { since: 8 }), assignment('d', { since: 9 })]);
      await apply([entry('c'), entry('d')]);
      await on.associations.bind(bound(home), []);
      await on.assignments.assignBindings();
      await apply([], ['c']);
      expect(await reconcile(10)).toMatchObject({ suspended: 1 });
    });

    it('suspends also bindings that were made while their user was departing', async () => {
      await begin();
      await apply([], ['a']);
      await on.associations.bind(bound(work), []);
      await on.assignments.assignBindings();
      await reconcile(7);
      expect(await suspended(work)).toEqual({ since: 7, source: 'staff' });
    });

    it('counts a person as present while they have an entry in a source that is authoritative', async () => {
      await begin();
      await apply([entry('p')], [], 'partners');
      await on.assignments.add([assignment('p', { source: 'partners', person: personOf('staff', 'a') })]);
      await apply([], ['a']);
      expect(await reconcile(7)).toEqual(nothing);
      expect(await suspended()).toBeUndefined();
      expect(await reconcile(8, 'staff', ['staff'])).toMatchObject({ suspended: 1 });
    });

    it('suspends no one because of a source that is not authoritative', async () => {
      await begin();
      await apply([], ['a']);
      expect(await reconcile(7, 'staff', ['partners'])).toMatchObject({ suspended: 0 });
      expect(await suspended()).toBeUndefined();
    });

    it('removes access tokens of people who left, and tokens and terms from before a user ID changed hands', async () => {
      await begin();
      const tokens = async () => Promise.all(['1', '5', '8'].map((token) => on.accounts.find(token)));
      const terms = async () => {
        const accepted = await Promise.all(['old', 'new'].map((url) => on.terms.hasAccepted(anna, [[url]])));
        return ['old', 'new'].filter((_url, at) => accepted[at]);
      };
      for (const token of ['1', '5']) await on.accounts.addToken(token, anna, Number(token));
      await on.accounts.addToken('of bob', '@bob:example.org', 1);
      await on.terms.accept(anna, ['old'], 1);
      await apply([], ['a']);
      await reconcile(7);
      expect([await tokens(), await terms()]).toEqual([[undefined, undefined, undefined], ['old']]);

      await on.accounts.addToken('5', anna, 5);
      await on.accounts.addToken('8', anna, 8);
      await on.terms.accept(anna, ['new'], 8);
      await on.assignments.add([assignment('c', { since: 8 })]);
      expect([await tokens(), await terms()]).toEqual([[undefined, undefined, anna], ['new']]);
      expect(await on.accounts.find('of bob')).toBe('@bob:example.org');
    });

    it('starts a new assignment for a person who returns after another one had the user ID', async () => {
      await begin();
      await apply([], ['a']);
      await reconcile(7);
      await on.assignments.add([assignment('c', { since: 8 })]);
      await apply([entry('c')]);
      await on.accounts.addToken('of c', anna, 9);
      await on.terms.accept(anna, ['url'], 9);
      await apply([entry('a')], ['c']);
      expect(await reconcile(10)).toEqual({ ...nothing, departed: 1, returned: 1, resumed: 1 });
      expect((await on.assignments.find([anna])).find(({ entryId }) => entryId === 'a')?.since).toBe(10);
      expect(await on.accounts.find('of c')).toBeUndefined();
      expect(await on.terms.hasAccepted(anna, [['url']])).toBe(false);
    });

    it('counts entries whose user ID another entry has now', async () => {
      await apply([entry('a'), entry('b', '@bob:example.org'), entry('c', '@carol:example.org')]);
      await on.assignments.add([
        assignment('a'),
        assignment('b', { mxid: '@bob:example.org' }),
        assignment('c', { mxid: '@carol:example.org' }),
        assignment('gone', { mxid: '@dora:example.org', leftAt: 1 }),
      ]);
      expect(await on.assignments.countReassigned('staff')).toBe(0);
      await apply([entry('a2')], ['a', 'c']);
      await apply([entry('c2', '@carol:example.org')], [], 'partners');
      expect(await on.assignments.countReassigned('staff')).toBe(1);
      expect(await on.assignments.countReassigned('partners')).toBe(0);
    });

    it('moves assignments of a source that is no longer authoritative to one that is', async () => {
      const former = assignment('a', { source: 'former', leftAt: 5 });
      const person = former.person;
      const ousted = assignment('b', { source: 'former', addresses: [home] });
      const kept = [
        assignment('c', { source: 'former', mxid: '@carol:example.org' }),
        assignment('p', { source: 'partners', person }),
        assignment('a', { person }),
        assignment('a', { source: 'former', mxid: '@bob:example.org', person }),
      ];
      await on.assignments.add([former, ousted, ...kept]);
      await on.assignments.takeOverFrom('staff', ['staff', 'partners'], 7);
      const left = await on.assignments.find([anna, '@bob:example.org', '@carol:example.org']);
      expect(left).toHaveLength(kept.length + 1);
      expect(left).toEqual(expect.arrayContaining([...kept, { ...ousted, source: 'staff', leftAt: 7 }]));
    });

    it('removes all assignments of a source, and none of others', async () => {
      await on.assignments.add([assignment('a'), assignment('p', { source: 'partners' })]);
      await on.assignments.forget('staff');
      expect(await on.assignments.find([anna])).toEqual([assignment('p', { source: 'partners' })]);
    });

    it('stores, follows and returns thousands, in pages, and then writes a reload to the change feed', async () => {
      const ids = Array.from({ length: 1_001 }, (_, at) => `id-${at}`);
      const entries = ids.map((id) => entry(id, `@${id}:example.org`));
      await apply(entries);
      await inBatches(ids.slice(0, 501), (id) =>
        on.associations.bind(bound(email(`${id}@home.example`), `@${id}:example.org`), []),
      );
      expect(await on.assignments.missingAssignments('staff')).toHaveLength(501);
      await on.assignments.add(ids.map((id) => assignment(id, { mxid: `@${id}:example.org` })));
      expect(await on.assignments.missingAssignments('staff')).toEqual([]);
      await on.assignments.assignBindings();
      const before = await on.feed.position();
      await apply([], ids);
      expect(await reconcile(7)).toEqual({ ...nothing, departed: 1_001, suspended: 501 });
      const changes = (await on.feed.since(before))?.changes.filter(({ source }) => source === BINDINGS) ?? [];
      expect(changes.flatMap(({ removed }) => removed).length === 501 || changes.some(({ isReload }) => isReload)).toBe(
        true,
      );
      expect(await readAll(on.assignments.departed())).toHaveLength(1_001);
      await apply(entries);
      expect(await reconcile(8)).toEqual({ ...nothing, returned: 1_001, resumed: 501 });
    }, 120_000);

    it('removes everything about people who left before a time: the record, suspended bindings, accepted terms', async () => {
      await begin();
      await on.associations.bind(bound(work, '@bob:example.org'), []);
      await on.terms.accept(anna, ['privacy'], 3);
      await apply([], ['a']);
      await reconcile(7);
      const left = await readAll(on.assignments.departed());
      expect(await on.assignments.removeDeparted(left, 7)).toEqual({ people: 0, bindings: 0 });
      expect(await on.assignments.removeDeparted(left, 8)).toEqual({ people: 1, bindings: 1 });
      expect(await on.assignments.find([anna])).toEqual([]);
      expect(await on.associations.find([home])).toEqual([]);
      expect(await on.associations.find([work])).toHaveLength(1);
      expect(await on.terms.hasAccepted(anna, [['privacy']])).toBe(false);
      expect(await on.assignments.removeDeparted(left, 8)).toEqual({ people: 0, bindings: 0 });
    });

    it('keeps the record of a person who left while something depends on it, and terms that a successor accepted', async () => {
      await begin();
      await apply([], ['a']);
      await reconcile(7);
      const left = await readAll(on.assignments.departed());
      await on.accounts.addToken('token', anna, 8);
      expect(await on.assignments.removeDeparted(left, 10)).toEqual({ people: 0, bindings: 0 });
      await on.accounts.removeToken('token');

      await apply([entry('c')]);
      await on.assignments.add([assignment('c', { since: 9 })]);
      await on.terms.accept(anna, ['privacy'], 9);
      expect(await on.assignments.removeDeparted(left, 10)).toEqual({ people: 1, bindings: 1 });
      expect(await on.assignments.find([anna])).toEqual([assignment('c', { since: 9 })]);
      expect(await on.terms.hasAccepted(anna, [['privacy']])).toBe(true);

      await on.assignments.add([assignment('d', { person: personOf('staff', 'c'), leftAt: 9 })]);
      const other = (await on.assignments.find([anna])).filter(({ leftAt }) => leftAt !== undefined);
      expect(await on.assignments.removeDeparted(other, 10)).toEqual({ people: 0, bindings: 0 });
    });
  });
}
