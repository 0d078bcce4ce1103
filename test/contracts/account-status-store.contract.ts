import { describe, expect, it } from 'vitest';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { freshStores, type OpenStores, readAll } from './stores.js';

const anna: Mxid = '@anna:example.org';
const bert: Mxid = '@bert:example.org';
const cleo: Mxid = '@cleo:example.org';
const dora: Mxid = '@dora:other.org';

/** What every AccountStatusStore promises. */
export function accountStatusStoreContract(open: OpenStores): void {
  describe('AccountStatusStore contract', () => {
    const on = freshStores(open);
    const take = async (time: number, { leaseUntil = time + 100, limit = 10, homeserver = 'example.org' } = {}) =>
      (await on.accountStatuses.take(homeserver, time, leaseUntil, limit)).map(({ mxid }) => mxid);

    it('returns known answers, and none for new users', async () => {
      await on.accountStatuses.add([anna, bert, cleo, anna], 10);
      await on.accountStatuses.answer([bert], true, 20, 500);
      await on.accountStatuses.answer([cleo], false, 1_700_000_000_123, 1_700_000_000_500);
      const found = await on.accountStatuses.find([cleo, bert, anna, anna, dora]);
      expect(found.toSorted((a, b) => a.mxid.localeCompare(b.mxid))).toEqual([
        { mxid: anna, exists: undefined, answeredAt: undefined },
        { mxid: bert, exists: true, answeredAt: 20 },
        { mxid: cleo, exists: false, answeredAt: 1_700_000_000_123 },
      ]);
    });

    it('does not change users that are added again', async () => {
      await on.accountStatuses.add([anna], 10);
      await on.accountStatuses.answer([anna], true, 20, 500);
      await on.accountStatuses.add([anna, bert], 30);
      expect(await on.accountStatuses.find([anna])).toEqual([{ mxid: anna, exists: true, answeredAt: 20 }]);
      expect(await take(499)).toEqual([bert]);
    });

    it('takes due checks of one homeserver: those requested last first, then those longest due', async () => {
      await on.accountStatuses.add([anna, bert, cleo, dora, '@old:example.org', '@late:example.org'], 10);
      await on.accountStatuses.answer([anna], true, 20, 60);
      await on.accountStatuses.answer([bert], true, 20, 50);
      await on.accountStatuses.answer(['@late:example.org'], true, 20, 101);
      await on.accountStatuses.requestCheck([cleo], 90, 90);
      const serialQueue = [];
      for (let round = 0; round < 5; round++) serialQueue.push(...(await take(100, { limit: 1 })));
      expect(serialQueue).toEqual([cleo, '@old:example.org', bert, anna]);
      expect(await take(100, { homeserver: 'other.org' })).toEqual([dora]);
      expect(await take(100, { homeserver: 'nowhere.org' })).toEqual([]);
    });

    it('takes no more than the limit, and takes no check again before its time', async () => {
      await on.accountStatuses.add([anna], 10);
      await on.accountStatuses.add([bert], 11);
      expect(await take(20, { limit: 1 })).toEqual([bert]);
      expect(await take(20, { limit: 1, leaseUntil: 30 })).toEqual([anna]);
      expect(await take(29)).toEqual([]);
      expect(await take(30)).toEqual([anna]);
    });

    it('gives each check to only one of many concurrent takers', async () => {
      const mxids = Array.from({ length: 60 }, (_, at): Mxid => `@user${at}:example.org`);
      await on.accountStatuses.add(mxids, 10);
      const taken = (await Promise.all(Array.from({ length: 20 }, () => take(10, { limit: 5 })))).flat();
      taken.push(...(await take(10, { limit: 60 })));
      expect(taken.toSorted()).toEqual(mxids.toSorted());
    });

    it('makes a requested check due, unless it was taken a moment before', async () => {
      await on.accountStatuses.add([anna, bert], 10);
      expect(await take(20, { limit: 1 })).toHaveLength(1);
      await take(40);
      await on.accountStatuses.answer([anna, bert], false, 50, 1_000);
      await on.accountStatuses.requestCheck([anna, bert, dora], 60, 40);
      expect(await take(60)).toHaveLength(1);
      await on.accountStatuses.requestCheck([anna, bert], 70, 70);
      expect(await take(70)).toHaveLength(2);
      expect(await on.accountStatuses.find([dora])).toEqual([]);
    });

    it('keeps the known answers of postponed checks', async () => {
      await on.accountStatuses.add([anna], 10);
      await on.accountStatuses.answer([anna], false, 20, 30);
      await on.accountStatuses.postpone([anna, dora], 90);
      expect(await take(89)).toEqual([]);
      expect(await on.accountStatuses.find([anna, dora])).toEqual([{ mxid: anna, exists: false, answeredAt: 20 }]);
      expect(await take(90)).toEqual([anna]);
    });

    it('returns all answers since a time, the oldest first, in pages of any size', async () => {
      const mxids = Array.from({ length: 2_500 }, (_, at): Mxid => `@user${at}:example.org`);
      await on.accountStatuses.add([anna, bert, cleo, ...mxids], 10);
      await on.accountStatuses.answer([anna], true, 19, 500);
      await on.accountStatuses.answer(mxids, false, 20, 500);
      await on.accountStatuses.answer([bert], true, 21, 500);
      const answered = await readAll(on.accountStatuses.answeredSince(20));
      expect(answered).toHaveLength(2_501);
      expect(new Set(answered.map(({ mxid }) => mxid))).toEqual(new Set([...mxids, bert]));
      expect(answered.at(-1)).toEqual({ mxid: bert, exists: true, answeredAt: 21 });
    });

    it('returns each homeserver once', async () => {
      await on.accountStatuses.add([anna, bert, dora], 10);
      expect((await on.accountStatuses.homeservers()).toSorted()).toEqual(['example.org', 'other.org']);
    });

    it('has no answer for removed users', async () => {
      await on.accountStatuses.add([anna, bert], 10);
      await on.accountStatuses.remove([anna, dora]);
      expect(await take(20)).toEqual([bert]);
      expect(await on.accountStatuses.find([anna])).toEqual([]);
    });

    it('does nothing for an empty list', async () => {
      await on.accountStatuses.add([], 10);
      await on.accountStatuses.requestCheck([], 10, 10);
      await on.accountStatuses.answer([], true, 10, 20);
      await on.accountStatuses.postpone([], 20);
      await on.accountStatuses.remove([]);
      expect(await on.accountStatuses.find([])).toEqual([]);
      expect(await on.accountStatuses.homeservers()).toEqual([]);
    });
  });
}
