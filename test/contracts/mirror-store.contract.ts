import { describe, expect, it } from 'vitest';
import type { MirroredEntry } from '../../src/domain/directory/directory-entry.js';
import type { MirrorState } from '../../src/domain/directory/mirror-state.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { email, msisdn } from '../../src/domain/identifiers/threepid.js';
import type { MirrorUpdate } from '../../src/ports/mirror-store.js';
import { draftOf, freshStores, type OpenStores, readAll } from './stores.js';

const state: MirrorState = {
  syncedAt: 1_700_000_000_123,
  attemptedAt: 1_700_000_000_124,
  bases: { 'ou=people,dc=example,dc=org': 3, 'ou="Büro"': 0 },
  failure: undefined,
};

const anna: MirroredEntry = {
  id: 'a',
  label: 'uid=anna,ou=people,dc=example,dc=org',
  digest: '20240101000000Z',
  base: 'ou=people,dc=example,dc=org',
  person: { mxid: '@anna:example.org', threepids: [email('Strauß@example.org'), msisdn('49221555123')] },
  skipped: ['telephoneNumber: no number'],
};

const entry = (id: string, mxid: Mxid | undefined = `@${id}:example.org`): MirroredEntry => ({
  id,
  label: `uid=${id}`,
  digest: `stamp of ${id}`,
  base: 'people',
  person: { mxid, threepids: [email(`${id}@example.org`)] },
  skipped: [],
});

const noPerson: MirroredEntry = { ...anna, id: 'n', person: undefined, skipped: ['no user name'] };

const byId = (entries: readonly MirroredEntry[]) => entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** What every MirrorStore promises. */
export function mirrorStoreContract(open: OpenStores): void {
  describe('MirrorStore contract', () => {
    const on = freshStores(open);
    type Update = Partial<Omit<MirrorUpdate, 'upserts'>> & { readonly upserts?: readonly MirroredEntry[] };
    const apply = (source: string, { upserts, ...update }: Update) =>
      on.mirrors.apply(source, { upserts: draftOf(on.mirrors, upserts), removed: [], state, changes: [], ...update });
    const entriesOf = async (source: string) => byId(await readAll(on.mirrors.entries(source)));

    it('returns drafted entries unchanged, any number of times', () => {
      const many = Array.from({ length: 777 }, (_, at) => ({ ...anna, id: `id-${at}` }));
      const draft = draftOf(on.mirrors, [...many, noPerson]);
      expect(draft.size).toBe(778);
      for (const _time of [1, 2]) expect([...draft.pages()].flat()).toStrictEqual([...many, noPerson]);
      expect(draftOf(on.mirrors).size).toBe(0);
      expect([...draftOf(on.mirrors).pages()].flat()).toEqual([]);
    });

    it('has no state before the first sync', async () => {
      expect(await on.mirrors.state('staff')).toBeUndefined();
    });

    it('returns the state of each source as it was last saved', async () => {
      const failure = { at: 7, reason: 'could not reach ldap://dc1', since: 3, isRejected: true } as const;
      const failed = { ...state, syncedAt: undefined, warnings: { 'ou="Büro"': 'odd' }, failure };
      await on.mirrors.saveState('staff', state);
      await on.mirrors.saveState('partners', state);
      await on.mirrors.saveState('staff', failed);
      expect(await on.mirrors.state('staff')).toStrictEqual(failed);
      expect(await on.mirrors.state('partners')).toStrictEqual(state);
    });

    it('returns stored entries, with and without a user, each once', async () => {
      await apply('staff', { upserts: [anna, noPerson, entry('b')] });
      expect(await entriesOf('staff')).toEqual([anna, entry('b'), noPerson]);
      expect(await on.mirrors.state('staff')).toStrictEqual(state);
    });

    it('returns the texts by which people are searched', async () => {
      const named = (id: string, name: string | undefined, ...keywords: readonly string[]): MirroredEntry => ({
        ...entry(id),
        person: { mxid: `@${id}:example.org`, threepids: [], searchText: { ...(name && { name }), keywords } },
      });
      const people = [
        named('a', 'Anna Müller', 'Anna', 'Buchhaltung'),
        named('b', undefined, 'Bert'),
        named('c', 'Clara'),
      ];
      await apply('staff', { upserts: people });
      expect(await entriesOf('staff')).toStrictEqual(people);
    });

    it('returns labels and reasons of any text', async () => {
      const odd = { ...anna, label: 'cn=nul\0 half\ud800 \\ "quoted" \u2028', skipped: ['mail: \0'] };
      await apply('staff', { upserts: [odd] });
      expect(await entriesOf('staff')).toEqual([odd]);
    });

    it('replaces entries with the same id, and keeps the others', async () => {
      await apply('staff', { upserts: [anna, entry('b')] });
      const moved = { ...entry('a', '@anna.new:example.org'), base: 'former', digest: '2' };
      await apply('staff', { upserts: [moved] });
      expect(await entriesOf('staff')).toEqual([moved, entry('b')]);
      expect(await on.mirrors.findByMxid(['@anna:example.org'])).toEqual([]);
    });

    it('removes by id, and stores an entry that is removed and stored in one update', async () => {
      await apply('staff', { upserts: [anna, entry('b'), entry('c')] });
      await apply('staff', { removed: ['b', 'c', 'unknown'], upserts: [entry('c')] });
      expect(await entriesOf('staff')).toEqual([anna, entry('c')]);
    });

    it('keeps the entries of two sources separate', async () => {
      await apply('staff', { upserts: [anna] });
      await apply('partners', { upserts: [{ ...anna, label: 'other' }] });
      await apply('staff', { removed: ['a'] });
      expect(await entriesOf('staff')).toEqual([]);
      expect(await entriesOf('partners')).toEqual([{ ...anna, label: 'other' }]);
    });

    it('reads digests without the rest of the entries', async () => {
      await apply('staff', { upserts: [anna, noPerson] });
      const digests = await readAll(on.mirrors.digests('staff'));
      const only = ({ id, digest, base }: MirroredEntry) => ({ id, digest: digest, base: base });
      expect(digests.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([only(anna), only(noPerson)]);
    });

    it('stores, reads, finds and removes many thousands of entries, in pages', async () => {
      const ids = Array.from({ length: 3_001 }, (_, at) => `id-${at}`);
      await apply('staff', { upserts: ids.map((id) => entry(id)) });
      await apply('partners', { upserts: [entry('id-1')] });
      for (const { read, most } of [
        { read: on.mirrors.entries('staff'), most: 500 },
        { read: on.mirrors.digests('staff'), most: 3_000 },
      ]) {
        const sizes: number[] = [];
        const seen = new Set<string>();
        for await (const page of read) {
          sizes.push(page.length);
          for (const { id } of page) seen.add(id);
        }
        expect(seen).toEqual(new Set(ids));
        expect(sizes.reduce((a, b) => a + b)).toBe(ids.length);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
      }
      expect(await on.mirrors.get('staff', [...ids, 'unknown'])).toHaveLength(ids.length);
      expect(await on.mirrors.findByMxid(ids.map((id): Mxid => `@${id}:example.org`))).toHaveLength(ids.length + 1);
      await apply('staff', { removed: ids.slice(1) });
      expect(await entriesOf('staff')).toEqual([entry('id-0')]);
    });

    it('gets entries by id, each once, and leaves out unknown ones and those of other sources', async () => {
      await apply('staff', { upserts: [anna, entry('b')] });
      await apply('partners', { upserts: [entry('p')] });
      expect(await on.mirrors.get('staff', ['a', 'p', 'unknown', 'a'])).toEqual([anna]);
      expect(await on.mirrors.get('staff', [])).toEqual([]);
    });

    it('finds entries of all sources by user ID, and returns their source', async () => {
      await apply('staff', { upserts: [anna, noPerson, entry('b')] });
      await apply('partners', { upserts: [entry('p', '@anna:example.org')] });
      const found = await on.mirrors.findByMxid(['@anna:example.org', '@unknown:example.org']);
      expect(found.toSorted((a, b) => (a.source < b.source ? -1 : 1))).toEqual([
        { ...entry('p', '@anna:example.org'), source: 'partners' },
        { ...anna, source: 'staff' },
      ]);
    });

    it('returns those of some user IDs that several entries have, or one of another source', async () => {
      await apply('staff', { upserts: [anna, entry('b'), entry('c'), entry('d', '@c:example.org'), noPerson] });
      await apply('partners', { upserts: [entry('p', '@anna:example.org'), entry('q'), { ...noPerson, id: 'm' }] });
      const asked = [
        '@anna:example.org',
        '@b:example.org',
        '@c:example.org',
        '@q:example.org',
        '@z:example.org',
      ] as const;
      const ofOthers = async (source: string) => (await on.mirrors.mxidsOfOthers(source, asked)).toSorted();
      expect(await ofOthers('staff')).toEqual(['@anna:example.org', '@c:example.org', '@q:example.org']);
      expect(await ofOthers('partners')).toEqual(['@anna:example.org', '@b:example.org', '@c:example.org']);
      expect(await on.mirrors.mxidsOfOthers('staff', ['@b:example.org'])).toEqual([]);
      expect(await on.mirrors.mxidsOfOthers('staff', [])).toEqual([]);
    });

    it('returns the user IDs that more than one entry of all sources has', async () => {
      await apply('staff', { upserts: [anna, entry('b'), entry('c'), entry('d', '@c:example.org'), noPerson] });
      await apply('partners', { upserts: [entry('p', '@anna:example.org'), { ...noPerson, id: 'm' }] });
      expect((await on.mirrors.repeatedMxids()).toSorted()).toEqual(['@anna:example.org', '@c:example.org']);
    });

    it('finds the entries of a source that have a threepid', async () => {
      const mentions = { ...entry('b'), skipped: ['strauss@example.org'] };
      await apply('staff', { upserts: [anna, mentions] });
      await apply('partners', { upserts: [anna] });
      expect(await on.mirrors.findByThreepid('staff', email('strauss@example.org'))).toEqual([anna]);
      expect(await on.mirrors.findByThreepid('staff', msisdn('49221555123'))).toEqual([anna]);
      expect(await on.mirrors.findByThreepid('staff', msisdn('4922155512'))).toEqual([]);
    });

    it('stores unlisted entries, and finds entries by withheld addresses', async () => {
      const hidden = { ...anna, id: 'hidden', person: anna.person && { ...anna.person, isUnlisted: true as const } };
      const nameless = {
        ...entry('b'),
        person: undefined,
        skipped: ['no user'],
        withheld: [email('strauß@example.net')],
      };
      await apply('staff', { upserts: [hidden, nameless] });
      expect(await on.mirrors.get('staff', ['hidden'])).toEqual([hidden]);
      expect(await on.mirrors.findByThreepid('staff', email('strauss@example.net'))).toEqual([nameless]);
    });

    it('writes the changes of an update to the change feed in the same transaction', async () => {
      const position = await on.feed.position();
      const claim = { threepid: email('anna@example.org'), mxid: '@anna:example.org' as const };
      const change = { source: 'staff', removed: [], added: [claim], isReload: false };
      await apply('staff', { upserts: [anna], changes: [change] });
      expect((await on.feed.since(position))?.changes).toEqual([change]);
    });

    it('applies nothing of an update that fails half-way', async () => {
      await apply('staff', { upserts: [anna, entry('b')] });
      const position = await on.feed.position();
      const many = Array.from({ length: 5_000 }, (_, at) => entry(`id-${at}`));
      const update = {
        upserts: [...many, { ...anna, digest: 'new' }, entry('id-0')],
        removed: ['b'],
        state: { ...state, syncedAt: 2 },
        changes: [{ source: 'staff', removed: [], added: [], isReload: true }],
      };
      await expect(apply('staff', update)).rejects.toThrow(Error);
      expect(await entriesOf('staff')).toEqual([anna, entry('b')]);
      expect(await on.mirrors.state('staff')).toStrictEqual(state);
      expect(await on.feed.position()).toBe(position);
    });

    it('removes all data of a source, and nothing of others', async () => {
      await apply('staff', { upserts: [anna, entry('b')] });
      await apply('partners', { upserts: [entry('c')] });
      expect(await on.mirrors.remove('staff')).toBe(2);
      expect(await entriesOf('staff')).toEqual([]);
      expect(await on.mirrors.state('staff')).toBeUndefined();
      expect(await entriesOf('partners')).toEqual([entry('c')]);
      expect(await on.mirrors.remove('staff')).toBe(0);
    });

    it('applies concurrent updates one after the other', async () => {
      const updates = ['1', '2', '3', '4'].map((digest) =>
        Array.from({ length: 300 }, (_, at) => ({ ...entry(`id-${at}`), digest })),
      );
      await Promise.all(updates.map((upserts) => apply('staff', { upserts })));
      const entries = await entriesOf('staff');
      expect(entries).toHaveLength(300);
      expect(new Set(entries.map(({ digest }) => digest)).size).toBe(1);
    });
  });
}
