import { describe, expect, it } from 'vitest';
import { explanationText } from '../../src/app/commands/explanation-text.js';
import { noPaint } from '../../src/app/commands/paint.js';
import { PepperWatch } from '../../src/domain/pepper-watch.js';
import { Peppers } from '../../src/domain/peppers.js';
import { email } from '../../src/domain/threepid.js';
import { FakeFollowedPepper } from '../support/fake-followed-pepper.js';
import { openHouse } from '../support/house.js';
import { Lookups } from '../../src/domain/lookups.js';
import { FakeSource } from '../support/sources.js';

const HOUR_MS = 3_600_000;

describe('the explanation of a followed upstream', () => {
  /** As it is 3 hours after the pepper of the upstream was announced. */
  async function explained(later: (upstream: FakeFollowedPepper) => void) {
    const { stores, index, random, clock, telemetry } = await openHouse();
    const upstream = new FakeFollowedPepper('theirs');
    const options = { lifetimeMs: 24 * HOUR_MS, graceMs: HOUR_MS };
    const watch = new PepperWatch(upstream, telemetry, 'id.example.org');
    const peppers = new Peppers(stores.peppers, index, random, clock, telemetry, options, watch);
    clock.pass(1);
    await peppers.keep();
    clock.pass(3 * HOUR_MS);
    later(upstream);
    const sources = [new FakeSource('partner'), new FakeSource('other')];
    const lookups = new Lookups(sources, peppers, clock, telemetry, {
      maxAddresses: 10,
      routeName: 'id.example.org 0a1b2c3d',
    });
    const explanation = await lookups.explain(email('a@example.org'));
    const text = explanationText({ ...explanation, at: clock.now() }, noPaint);
    expect(JSON.stringify(explanation) + text).not.toMatch(/theirs|quiteanother/);
    return text.split('\n').filter((line) => line.includes('followed'));
  }

  it.each<[string, (upstream: FakeFollowedPepper) => void, string]>([
    [
      'is announced as ours',
      () => undefined,
      'followed: hashes are forwarded under its pepper, announced as ours for 3 h',
    ],
    [
      'is another one since',
      (upstream) => void (upstream.pepper = 'quiteanother'),
      'followed: its pepper is not announced yet; the one that is announced is 3 h old',
    ],
    [
      'cannot be learned',
      (upstream) => void (upstream.failure = new Error('could not reach https://h: refused')),
      'followed, but its pepper is not known: could not reach https://h: refused; the one that is announced is 3 h old',
    ],
  ])('says where its pepper %s, and says nothing of other sources', async (_case, later, line) => {
    expect(await explained(later)).toEqual([expect.stringMatching(new RegExp(`^ +${line}$`))]);
  });
});

describe('the explanation of an address of nobody', () => {
  it('names the sources that gave no answer: they may know it', async () => {
    const staff = new FakeSource('staff');
    const { lookups, clock } = await openHouse({ sources: [staff, new FakeSource('other')] });
    const verdict = async () =>
      explanationText({ ...(await lookups.explain(email('a@example.org'))), at: clock.now() }, noPaint).split('\n')[0];
    expect(await verdict()).toBe('a@example.org (email) is nobody: no source knows it');
    staff.failure = new Error('could not reach ldap://dc1: refused');
    expect(await verdict()).toBe('a@example.org (email) is nobody: no source knows it, but staff gave no answer');
  });
});
