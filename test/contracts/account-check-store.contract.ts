import { describe, expect, it } from 'vitest';
import type { Mxid } from '../../src/domain/mxid.js';
import { freshStores, type OpenStores, readAll } from './stores.js';

const anna: Mxid = '@anna:example.org';
const bert: Mxid = '@bert:example.org';
const cleo: Mxid = '@cleo:example.org';
const dora: Mxid = '@dora:other.org';

/** What every AccountCheckStore promises. */
export function accountCheckStoreContract(open: OpenStores): void {
  describe('AccountCheckStore contract', () => {
    const on = freshStores(open);
    const take = async (time: number, { hiddenUntil = time + 100, limit = 10, homeserver = 'example.org' } = {}) =>
      (await on.accountChecks.take(homeserver, time, hiddenUntil, limit)).map(({ mxid }) => mxid);

    it('knows nothing of those that are new, and what was answered of the others', async () => {
      await on.accountChecks.add([anna, bert, cleo, anna], 10);
      await on.accountChecks.answer([bert], true, 20, 500);
      await on.accountChecks.answer([cleo], false, 1_700_000_000_123, 1_700_000_000_500);
      const found = await on.accountChecks.find([cleo, bert, anna, anna, dora]);
      expect(found.toSorted((a, b) => a.mxid.localeCompare(b.mxid))).toEqual([
        { mxid: anna, exists: undefined, answeredAt: undefined },
        { mxid: bert, exists: true, answeredAt: 20 },
        { mxid: cleo, exists: false, answeredAt: 1_700_000_000_123 },
      ]);
    });

    it('leaves those as they are that are added again', async () => {
      await on.accountChecks.add([anna], 10);
      await on.accountChecks.answer([anna], true, 20, 500);
      await on.accountChecks.add([anna, bert], 30);
      expect(await on.accountChecks.find([anna])).toEqual([{ mxid: anna, exists: true, answeredAt: 20 }]);
      expect(await take(499)).toEqual([bert]);
    });

    it('takes what is due of one homeserver, the newest wishes first, then what has been due for longest', async () => {
      await on.accountChecks.add([anna, bert, cleo, dora, '@old:example.org', '@late:example.org'], 10);
      await on.accountChecks.answer([anna], true, 20, 60);
      await on.accountChecks.answer([bert], true, 20, 50);
      await on.accountChecks.answer(['@late:example.org'], true, 20, 101);
      await on.accountChecks.want([cleo], 90, 90);
      const oneByOne = [];
      for (let round = 0; round < 5; round++) oneByOne.push(...(await take(100, { limit: 1 })));
      expect(oneByOne).toEqual([cleo, '@old:example.org', bert, anna]);
      expect(await take(100, { homeserver: 'other.org' })).toEqual([dora]);
      expect(await take(100, { homeserver: 'nowhere.org' })).toEqual([]);
    });

    it('takes no more than the limit, and gives nothing twice before its time', async () => {
      await on.accountChecks.add([anna], 10);
      await on.accountChecks.add([bert], 11);
      expect(await take(20, { limit: 1 })).toEqual([bert]);
      expect(await take(20, { limit: 1, hiddenUntil: 30 })).toEqual([anna]);
      expect(await take(29)).toEqual([]);
      expect(await take(30)).toEqual([anna]);
    });

    it('gives each to one of many who take at the same moment', async () => {
      const mxids = Array.from({ length: 60 }, (_, at): Mxid => `@user${at}:example.org`);
      await on.accountChecks.add(mxids, 10);
      const taken = (await Promise.all(Array.from({ length: 20 }, () => take(10, { limit: 5 })))).flat();
      taken.push(...(await take(10, { limit: 60 })));
      expect(taken.toSorted()).toEqual(mxids.toSorted());
    });

    it('makes due what is wanted, unless it was taken a moment ago', async () => {
      await on.accountChecks.add([anna, bert], 10);
      expect(await take(20, { limit: 1 })).toHaveLength(1);
      await take(40);
      await on.accountChecks.answer([anna, bert], false, 50, 1_000);
      await on.accountChecks.want([anna, bert, dora], 60, 40);
      expect(await take(60)).toHaveLength(1);
      await on.accountChecks.want([anna, bert], 70, 70);
      expect(await take(70)).toHaveLength(2);
      expect(await on.accountChecks.find([dora])).toEqual([]);
    });

    it('keeps what is known of those that are put off', async () => {
      await on.accountChecks.add([anna], 10);
      await on.accountChecks.answer([anna], false, 20, 30);
      await on.accountChecks.postpone([anna, dora], 90);
      expect(await take(89)).toEqual([]);
      expect(await on.accountChecks.find([anna, dora])).toEqual([{ mxid: anna, exists: false, answeredAt: 20 }]);
      expect(await take(90)).toEqual([anna]);
    });

    it('tells what was answered since some time, the earliest first, however much it is', async () => {
      const mxids = Array.from({ length: 2_500 }, (_, at): Mxid => `@user${at}:example.org`);
      await on.accountChecks.add([anna, bert, cleo, ...mxids], 10);
      await on.accountChecks.answer([anna], true, 19, 500);
      await on.accountChecks.answer(mxids, false, 20, 500);
      await on.accountChecks.answer([bert], true, 21, 500);
      const answered = await readAll(on.accountChecks.answeredSince(20));
      expect(answered).toHaveLength(2_501);
      expect(new Set(answered.map(({ mxid }) => mxid))).toEqual(new Set([...mxids, bert]));
      expect(answered.at(-1)).toEqual({ mxid: bert, exists: true, answeredAt: 21 });
    });

    it('names each homeserver once', async () => {
      await on.accountChecks.add([anna, bert, dora], 10);
      expect((await on.accountChecks.homeservers()).toSorted()).toEqual(['example.org', 'other.org']);
    });

    it('knows nothing of those that were removed', async () => {
      await on.accountChecks.add([anna, bert], 10);
      await on.accountChecks.remove([anna, dora]);
      expect(await take(20)).toEqual([bert]);
      expect(await on.accountChecks.find([anna])).toEqual([]);
    });

    it('does nothing when given nobody', async () => {
      await on.accountChecks.add([], 10);
      await on.accountChecks.want([], 10, 10);
      await on.accountChecks.answer([], true, 10, 20);
      await on.accountChecks.postpone([], 20);
      await on.accountChecks.remove([]);
      expect(await on.accountChecks.find([])).toEqual([]);
      expect(await on.accountChecks.homeservers()).toEqual([]);
    });
  });
}
