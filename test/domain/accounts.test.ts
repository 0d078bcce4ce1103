import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryAccountStore } from '../../src/adapters/memory/account-store.js';
import { Accounts } from '../../src/domain/accounts.js';
import { Refused } from '../../src/domain/errors.js';
import { alice, bob, CountingRandom, FakeClock, fakeHomeservers } from '../support/fakes.js';

describe('Accounts', () => {
  let users: Map<string, string | Refused>;
  let asked: string[];
  let store: MemoryAccountStore;
  let accounts: Accounts;

  beforeEach(() => {
    users = new Map();
    asked = [];
    store = new MemoryAccountStore();
    const homeservers = fakeHomeservers(users);
    accounts = new Accounts(
      store,
      {
        onBind: async () => 'delivered',
        whoHasOpenIdToken: (homeserver, openIdToken) => {
          asked.push(homeserver);
          return homeservers.whoHasOpenIdToken(homeserver, openIdToken);
        },
      },
      new CountingRandom(),
      new FakeClock(),
    );
  });

  it('signs in the user whom the homeserver vouches for', async () => {
    users.set('t', alice);
    const accessToken = await accounts.register('example.org', 't');
    expect(asked).toEqual(['example.org']);
    expect(await accounts.whois(accessToken)).toBe(alice);
  });

  it('gives a token of its own each time, and all of them hold', async () => {
    users.set('a', alice).set('b', bob);
    const tokens = [
      await accounts.register('example.org', 'a'),
      await accounts.register('example.org', 'a'),
      await accounts.register('example.org', 'b'),
    ];
    expect(new Set(tokens).size).toBe(3);
    expect(await Promise.all(tokens.map((token) => accounts.whois(token)))).toEqual([alice, alice, bob]);
  });

  it('signs in a user of a homeserver with a port', async () => {
    users.set('t', '@alice:example.org:8448');
    expect(await accounts.whois(await accounts.register('example.org:8448', 't'))).toBe('@alice:example.org:8448');
  });

  it.each([
    ['a token that the homeserver does not know', 'example.org', undefined, 'openid_token_rejected', /OpenID token/],
    [
      'a user of another homeserver',
      'example.org',
      '@alice:other.org',
      'homeserver_mismatch',
      /example\.org says it speaks for other\.org/,
    ],
    [
      'a user of a homeserver below',
      'example.org',
      '@alice:evil.example.org',
      'homeserver_mismatch',
      /evil\.example\.org/,
    ],
    ['a user of another port', 'example.org', '@alice:example.org:8448', 'homeserver_mismatch', /example\.org:8448/],
    [
      'a user whose name ends like the homeserver',
      'example.org',
      '@alice:other.org:example.org',
      'homeserver_mismatch',
      /nobody/,
    ],
    ['what is no user ID', 'example.org', 'alice', 'homeserver_mismatch', /speaks for nobody/],
    ['an empty user ID', 'example.org', '', 'homeserver_mismatch', /speaks for nobody/],
    [
      'what its homeserver refuses',
      'example.org',
      new Refused('homeserver_failed', { message: 'no answer within 10 s' }),
      'homeserver_failed',
      /no answer/,
    ],
  ])('refuses %s', async (_case, homeserver, user, reason, message) => {
    if (user !== undefined) users.set('t', user);
    await expect(accounts.register(homeserver, 't')).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each(['', 'https://example.org', 'example.org/path', 'user@example.org', 'exa mple.org', '-'.repeat(300)])(
    'asks nobody about the homeserver "%s"',
    async (homeserver) => {
      await expect(accounts.register(homeserver, 't')).rejects.toMatchObject({ reason: 'homeserver_invalid' });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ['no access token', undefined],
    ['an empty one', ''],
    ['one that was never given out', 'text1'],
  ])('knows nobody by %s', async (_case, accessToken) => {
    await expect(accounts.whois(accessToken)).rejects.toMatchObject({ reason: 'not_signed_in' });
  });

  it('ends one access token and no other', async () => {
    users.set('t', alice);
    const [first, second] = [await accounts.register('example.org', 't'), await accounts.register('example.org', 't')];
    await accounts.logout(first);

    await expect(accounts.whois(first)).rejects.toMatchObject({ reason: 'not_signed_in' });
    expect(await accounts.whois(second)).toBe(alice);
  });

  it.each([
    ['no access token', undefined, 'not_signed_in'],
    ['an unknown one', 'text1', 'access_token_unknown'],
  ])('cannot sign out with %s', async (_case, accessToken, reason) => {
    await expect(accounts.logout(accessToken)).rejects.toMatchObject({ reason });
  });

  it('cannot sign out twice', async () => {
    users.set('t', alice);
    const accessToken = await accounts.register('example.org', 't');
    await accounts.logout(accessToken);
    await expect(accounts.logout(accessToken)).rejects.toMatchObject({ reason: 'access_token_unknown' });
  });
});
