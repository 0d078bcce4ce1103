import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryAccountStore } from '../../support/memory/account-store.js';
import { type AccountOptions, AccountService } from '../../../src/domain/accounts/account-service.js';
import { DomainError } from '../../../src/domain/shared/errors.js';
import { MemoryRateLimits } from '../../../src/adapters/memory/rate-limits.js';
import { Quotas } from '../../../src/domain/rate-limiting/quotas.js';
import { homeserverOf } from '../../../src/domain/identifiers/mxid.js';
import { alice, bob, CountingRandom, FakeClock, fakeHomeservers } from '../../support/fakes.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('AccountService', () => {
  let users: Map<string, string | DomainError>;
  let asked: string[];
  let clock: FakeClock;
  let random: CountingRandom;
  let store: MemoryAccountStore;
  let accountService: AccountService;

  beforeEach(() => {
    users = new Map();
    asked = [];
    clock = new FakeClock();
    random = new CountingRandom();
    store = new MemoryAccountStore();
    accountService = build();
  });

  const build = (options: Partial<AccountOptions> = {}) => {
    const homeservers = fakeHomeservers(users);
    const deps = {
      store,
      homeservers: {
        onBind: async () => ({ kind: 'delivered' }) as const,
        whoHasOpenIdToken: (homeserver: string, openIdToken: string) => {
          asked.push(homeserver);
          return homeservers.whoHasOpenIdToken(homeserver, openIdToken);
        },
      },
      random,
      clock,
      quotas: new Quotas(new MemoryRateLimits(clock), {
        mail: {},
        sms: {},
        invites: {},
        lookup: {},
        signIn: { perClient: { amount: 4, windowMs: HOUR_MS }, perHomeserver: { amount: 3, windowMs: HOUR_MS } },
      }),
    };
    return new AccountService(deps, { idleMs: 90 * DAY_MS, ...options });
  };

  it('signs in the user whom the homeserver confirms', async () => {
    users.set('t', alice);
    const accessToken = await accountService.register('example.org', 't');
    expect(asked).toEqual(['example.org']);
    expect(await accountService.authenticate(accessToken)).toBe(alice);
  });

  it('returns a new token each time, and all stay valid', async () => {
    users.set('a', alice).set('b', bob);
    const tokens = [
      await accountService.register('example.org', 'a'),
      await accountService.register('example.org', 'a'),
      await accountService.register('example.org', 'b'),
    ];
    expect(new Set(tokens).size).toBe(3);
    expect(await Promise.all(tokens.map((token) => accountService.authenticate(token)))).toEqual([alice, alice, bob]);
  });

  it('signs in a user of a homeserver with a port', async () => {
    users.set('t', '@alice:example.org:8448');
    expect(await accountService.authenticate(await accountService.register('example.org:8448', 't'))).toBe(
      '@alice:example.org:8448',
    );
  });

  it.each([
    ['a token that the homeserver does not know', 'example.org', undefined, 'openid_token_rejected', /OpenID token/],
    [
      'a user of another homeserver',
      'example.org',
      '@alice:other.org',
      'homeserver_mismatch',
      /example\.org answered for a user of other\.org/,
    ],
    [
      'a user of a subdomain of the homeserver',
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
      /for a user of an unknown server/,
    ],
    ['a text that is not a user ID', 'example.org', 'alice', 'homeserver_mismatch', /for a user of an unknown server/],
    ['an empty user ID', 'example.org', '', 'homeserver_mismatch', /for a user of an unknown server/],
    [
      'a token that the homeserver refuses',
      'example.org',
      new DomainError('homeserver_failed', { message: 'no answer within 10 s' }),
      'homeserver_failed',
      /no answer/,
    ],
  ])('refuses %s', async (_case, homeserver, user, code, message) => {
    if (user !== undefined) users.set('t', user);
    await expect(accountService.register(homeserver, 't')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it.each(['', 'https://example.org', 'example.org/path', 'user@example.org', 'exa mple.org', '-'.repeat(300)])(
    'sends no request for the homeserver "%s"',
    async (homeserver) => {
      await expect(accountService.register(homeserver, 't')).rejects.toMatchObject({ code: 'homeserver_invalid' });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ['no access token', undefined],
    ['an empty access token', ''],
    ['an access token that was never issued', 'text1'],
  ])('finds no user for %s', async (_case, accessToken) => {
    await expect(accountService.authenticate(accessToken)).rejects.toMatchObject({ code: 'not_signed_in' });
  });

  it('revokes one access token and no other', async () => {
    users.set('t', alice);
    const [first, second] = [
      await accountService.register('example.org', 't'),
      await accountService.register('example.org', 't'),
    ];
    await accountService.logout(first);

    await expect(accountService.authenticate(first)).rejects.toMatchObject({ code: 'not_signed_in' });
    expect(await accountService.authenticate(second)).toBe(alice);
  });

  it.each([
    ['no access token', undefined, 'not_signed_in'],
    ['an unknown access token', 'text1', 'access_token_unknown'],
  ])('refuses a sign-out with %s', async (_case, accessToken, code) => {
    await expect(accountService.logout(accessToken)).rejects.toMatchObject({ code });
  });

  it('refuses a second sign-out with one access token', async () => {
    users.set('t', alice);
    const accessToken = await accountService.register('example.org', 't');
    await accountService.logout(accessToken);
    await expect(accountService.logout(accessToken)).rejects.toMatchObject({ code: 'access_token_unknown' });
  });

  describe('access tokens', () => {
    const signIn = async (service: AccountService, mxid = alice) => {
      users.set('t', mxid);
      clock.pass(HOUR_MS);
      return service.register(homeserverOf(mxid), 't');
    };
    const isGood = (service: AccountService, token: string) =>
      service.authenticate(token).then(
        () => true,
        () => false,
      );

    it('of one user are limited: the least recently used one is revoked', async () => {
      const service = build({ tokensPerUser: 2 });
      const [first, second] = [await signIn(service), await signIn(service)];
      const other = await signIn(service, '@bob:other.example');
      await service.authenticate(first);
      clock.pass(1);
      await service.purge();
      const third = await signIn(service);
      expect(await Promise.all([first, second, third, other].map((token) => isGood(service, token)))).toEqual([
        true,
        false,
        true,
        true,
      ]);
    });

    it('expire when no instance has used them for long', async () => {
      const [service, second] = [build({ idleMs: 10 * DAY_MS }), build({ idleMs: 10 * DAY_MS })];
      const [used, unused] = [await signIn(service), await signIn(service)];
      for (let day = 0; day < 30; day++) {
        clock.pass(DAY_MS);
        expect(await isGood(second, used)).toBe(true);
        await service.purge();
        await second.purge();
        expect(store.users()).toHaveLength(day < 10 ? 2 : 1);
      }
      expect(await isGood(service, unused)).toBe(false);
    });

    it('of users of a homeserver that is no longer allowed are refused at once, and then removed', async () => {
      const before = build({ servedHomeservers: ['example.org', 'evil.example'] });
      const mallory = await signIn(before, '@mallory:evil.example');
      const good = await signIn(before);
      const after = build({ servedHomeservers: ['example.org'] });
      expect(await isGood(after, mallory)).toBe(false);
      expect(await isGood(after, good)).toBe(true);
      await after.purge();
      expect(store.users()).toEqual([alice]);
    });

    it('remain valid if users of every homeserver are served', async () => {
      const service = build();
      const token = await signIn(service, '@zoe:other.example');
      await service.purge();
      expect(await isGood(service, token)).toBe(true);
    });
  });

  describe('limits of sign-ins', () => {
    const refused = { code: 'limit_exceeded', details: { retry_after_ms: HOUR_MS } };

    it('stop requests to the homeserver for a client with too many attempts, and count other clients separately', async () => {
      for (let i = 0; i < 4; i++) {
        await expect(accountService.register('evil.example', 'x', '192.0.2.1')).rejects.toMatchObject({
          code: 'openid_token_rejected',
        });
      }
      asked.length = 0;
      await expect(accountService.register('evil.example', 'x', '192.0.2.1')).rejects.toMatchObject(refused);
      expect(asked).toEqual([]);
      users.set('t', alice);
      await accountService.register('example.org', 't', '192.0.2.2');
    });

    it('count the users of one homeserver together, on all its ports, and refuse further tokens', async () => {
      const names = ['evil.example', 'evil.example:8448', 'EVIL.example:1'];
      for (const [i, name] of names.entries()) {
        users.set('t', `@m${i}:${name}`);
        await accountService.register(name, 't');
      }
      users.set('t', '@m3:evil.example:2');
      await expect(accountService.register('evil.example:2', 't')).rejects.toMatchObject(refused);
      expect(store.users()).toHaveLength(3);
      users.set('t', alice);
      await accountService.register('example.org', 't');
    });

    it('do not count sign-ins that the homeserver does not confirm', async () => {
      for (let i = 0; i < 10; i++) {
        await expect(accountService.register('example.org', 'guess', `192.0.2.${i}`)).rejects.toMatchObject({
          code: 'openid_token_rejected',
        });
      }
      users.set('t', alice);
      await accountService.register('example.org', 't');
    });
  });
});
