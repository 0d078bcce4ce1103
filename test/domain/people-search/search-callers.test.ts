import { beforeEach, describe, expect, it } from 'vitest';
import { SearchCallers } from '../../../src/domain/people-search/search-callers.js';
import { alice, CountingRandom, FakeClock, FakeUserDirectory } from '../../support/fakes.js';

const withToken = (accessToken: string) => ({ accessToken, clientAddress: '192.0.2.1' });

describe('the callers of the user search', () => {
  let clock: FakeClock;
  let homeserver: FakeUserDirectory;
  let callers: SearchCallers;

  beforeEach(() => {
    clock = new FakeClock();
    homeserver = new FakeUserDirectory();
    homeserver.users.set('secret-token', alice);
    callers = new SearchCallers(homeserver, clock, new CountingRandom());
  });

  it('are looked up at the homeserver once in a minute', async () => {
    expect(
      await Promise.all([callers.find(withToken('secret-token')), callers.find(withToken('secret-token'))]),
    ).toEqual([alice, alice]);
    expect(homeserver.whoamis).toBe(1);
    clock.pass(60_000);
    await callers.find(withToken('secret-token'));
    expect(homeserver.whoamis).toBe(2);
  });

  it('are looked up again if a token was refused or the homeserver did not answer', async () => {
    expect(await callers.find(withToken('another'))).toBeUndefined();
    homeserver.users.set('another', alice);
    expect(await callers.find(withToken('another'))).toBe(alice);
    callers.forget('another');
    homeserver.whoamiFailure = new Error('no answer');
    await expect(callers.find(withToken('another'))).rejects.toThrow('no answer');
    homeserver.whoamiFailure = undefined;
    expect(await callers.find(withToken('another'))).toBe(alice);
  });

  it('are kept without their tokens in clear, and only a few thousand of them', async () => {
    await callers.find(withToken('secret-token'));
    const kept = Reflect.get(callers, 'callers') as ReadonlyMap<string, unknown>;
    expect(JSON.stringify([...kept])).not.toContain('secret-token');
    for (let i = 0; i < 10_010; i++) {
      homeserver.users.set(`token${i}`, alice);
      await callers.find(withToken(`token${i}`));
    }
    expect(kept.size).toBe(10_000);
  });
});
