import { beforeEach, describe, expect, it } from 'vitest';
import { SignInReview } from '../../../src/domain/accounts/sign-in-review.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { alice, bob, RecordingTelemetry } from '../../support/fakes.js';
import { memoryStores } from '../../support/memory/stores.js';

describe('access tokens of users whose account no longer exists, in a directory or not', () => {
  const { accounts: store } = memoryStores({ now: () => 1 });
  let [gone, silent, asked]: [Set<Mxid>, Set<string>, Mxid[]] = [new Set(), new Set(), []];
  let review: SignInReview;

  const accounts = {
    has: async (mxid: Mxid) => {
      asked.push(mxid);
      if (silent.has(mxid)) throw new Error('no answer');
      return !gone.has(mxid);
    },
  };
  const isSignedIn = async (mxid: Mxid) => (await store.ofUser(mxid)).length > 0;

  beforeEach(async () => {
    [gone, silent, asked] = [new Set(), new Set(), []];
    await store.removeOf([alice, bob]);
    await store.addToken(`a${Math.random()}`, alice, 1);
    await store.addToken(`b${Math.random()}`, bob, 1);
    review = new SignInReview({ store, accounts, telemetry: new RecordingTelemetry() });
  });

  it('are revoked after the second such answer, and no others', async () => {
    gone.add(alice);
    await review.run();
    expect(await isSignedIn(alice)).toBe(true);
    await review.run();
    expect([await isSignedIn(alice), await isSignedIn(bob)]).toEqual([false, true]);
  });

  it('stay if the account is back before that', async () => {
    for (const isGone of [true, false, true, false]) {
      gone = new Set(isGone ? [alice] : []);
      await review.run();
    }
    expect(await isSignedIn(alice)).toBe(true);
  });

  it('stay if the answer of the homeserver is unclear', async () => {
    gone.add(alice);
    await review.run();
    silent.add(alice);
    await review.run();
    await review.run();
    expect(await isSignedIn(alice)).toBe(true);
  });

  it('are not checked repeatedly at a homeserver that does not answer', async () => {
    const many = Array.from({ length: 50 }, (_, at): Mxid => `@user${at}:down.example`);
    for (const mxid of many) {
      silent.add(mxid);
      await store.addToken(`t${mxid}`, mxid, 1);
    }
    await review.run();
    expect(asked.filter((mxid) => mxid.endsWith(':down.example')).length).toBeLessThan(10);
    expect(asked).toContain(alice);
    await store.removeOf(many);
  });
});
