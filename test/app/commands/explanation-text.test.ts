import { describe, expect, it } from 'vitest';
import { explanationText } from '../../../src/app/commands/explanation-text.js';
import { plainStyle } from '../../../src/app/commands/terminal-style.js';
import { UpstreamPepperMonitor } from '../../../src/domain/peppers/upstream-pepper-monitor.js';
import { PepperService } from '../../../src/domain/peppers/pepper-service.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { FakeFollowedPepper } from '../../support/fake-followed-pepper.js';
import { openTestDomain } from '../../support/test-domain.js';
import { LookupService } from '../../../src/domain/lookup/lookup-service.js';
import { FakeSource } from '../../support/sources.js';

const HOUR_MS = 3_600_000;

describe('the explanation of a followed upstream', () => {
  /** The explanation 3 hours after the pepper of the upstream was announced. */
  async function explained(later: (upstream: FakeFollowedPepper) => void) {
    const { stores, index, random, clock, telemetry } = await openTestDomain();
    const upstream = new FakeFollowedPepper('theirs');
    const options = { lifetimeMs: 24 * HOUR_MS, graceMs: HOUR_MS };
    const monitor = new UpstreamPepperMonitor(upstream, telemetry, 'id.example.org');
    const pepperService = new PepperService(
      { store: stores.peppers, index, random, clock, telemetry },
      options,
      monitor,
    );
    clock.pass(1);
    await pepperService.rotateIfDue();
    clock.pass(3 * HOUR_MS);
    later(upstream);
    const sources = [new FakeSource('partner'), new FakeSource('other')];
    const lookupService = new LookupService({ pepperService, clock, telemetry }, sources, {
      maxAddresses: 10,
      serverIdentity: 'id.example.org 0a1b2c3d',
    });
    const explanation = await lookupService.explain(email('a@example.org'));
    const text = explanationText({ ...explanation, at: clock.now() }, plainStyle);
    expect(JSON.stringify(explanation) + text).not.toMatch(/theirs|quiteanother/);
    return text.split('\n').filter((line) => line.includes('its pepper is'));
  }

  it.each<[string, (upstream: FakeFollowedPepper) => void, string]>([
    [
      'is announced by Islet, too',
      () => undefined,
      'its pepper is used: hashes are forwarded to it, pepper announced for 3 h',
    ],
    [
      'has changed since',
      (upstream) => void (upstream.pepper = 'quiteanother'),
      'its pepper is used, but not announced yet; the announced pepper is 3 h old',
    ],
    [
      'cannot be read',
      (upstream) => void (upstream.failure = new Error('could not reach https://h: refused')),
      'its pepper is to be used, but is not known: could not reach https://h: refused; the announced pepper is 3 h old',
    ],
  ])('says for the followed upstream only that its pepper %s', async (_case, later, line) => {
    expect(await explained(later)).toEqual([expect.stringMatching(new RegExp(`^ +${line}$`))]);
  });
});

describe('the explanation of an address without a user', () => {
  it('names the sources that failed, because they may know the address', async () => {
    const staff = new FakeSource('staff');
    const { lookupService, clock } = await openTestDomain({ sources: [staff, new FakeSource('other')] });
    const verdict = async () =>
      explanationText({ ...(await lookupService.explain(email('a@example.org'))), at: clock.now() }, plainStyle).split(
        '\n',
      )[0];
    expect(await verdict()).toBe('a@example.org (email) is nobody: no source knows it');
    staff.failure = new Error('could not reach ldap://dc1: refused');
    expect(await verdict()).toBe('a@example.org (email) is nobody: no source knows it, but staff did not answer');
  });
});
