import { describe, expect, it } from 'vitest';
import { freshStores, inBatches, type OpenStores } from './stores.js';

/** What every AccountStore promises. */
export function accountStoreContract(open: OpenStores): void {
  describe('AccountStore contract', () => {
    const on = freshStores(open);

    it('returns the user of a token', async () => {
      await on.accounts.addToken('token-a', '@anna:example.org', 1);
      await on.accounts.addToken('token-b', '@bob:example.org', 2);
      expect(await on.accounts.find('token-a')).toBe('@anna:example.org');
      expect(await on.accounts.find('token-b')).toBe('@bob:example.org');
    });

    it('stores several tokens of one user, and removes each separately', async () => {
      await on.accounts.addToken('phone', '@anna:example.org', 1);
      await on.accounts.addToken('laptop', '@anna:example.org', 2);
      expect(await on.accounts.removeToken('phone')).toBe(true);
      expect(await on.accounts.find('phone')).toBeUndefined();
      expect(await on.accounts.find('laptop')).toBe('@anna:example.org');
    });

    it.each(['', 'token-A', 'token-a ', "' or 1=1 --"])('finds no user for %j', async (token) => {
      await on.accounts.addToken('token-a', '@anna:example.org', 1);
      expect(await on.accounts.find(token)).toBeUndefined();
      expect(await on.accounts.removeToken(token)).toBe(false);
    });

    it('refuses to add a token that exists', async () => {
      await on.accounts.addToken('token', '@anna:example.org', 1);
      await expect(on.accounts.addToken('token', '@bob:example.org', 2)).rejects.toThrow(Error);
      expect(await on.accounts.find('token')).toBe('@anna:example.org');
    });

    it('keeps the tokens of a user that were used or created last, and removes the others', async () => {
      for (const [i, token] of ['a', 'b', 'c', 'd'].entries())
        await on.accounts.addToken(token, '@anna:example.org', i);
      await on.accounts.addToken('other', '@bob:example.org', 0);
      await on.accounts.markUsed(['a', 'nobody'], 10);
      await on.accounts.markUsed(['a'], 5);
      await on.accounts.keepLatest('@anna:example.org', 2);
      const left = await Promise.all(['a', 'b', 'c', 'd', 'other'].map((token) => on.accounts.find(token)));
      expect(left.map((mxid) => mxid !== undefined)).toEqual([true, false, false, true, true]);
      await on.accounts.keepLatest('@nobody:example.org', 2);
      expect(await on.accounts.ofUser('@anna:example.org')).toEqual([
        { mxid: '@anna:example.org', createdAt: 0, usedAt: 10 },
        { mxid: '@anna:example.org', createdAt: 3, usedAt: 3 },
      ]);
    });

    it('removes tokens that were neither created nor used since a time, and counts them', async () => {
      await on.accounts.addToken('old', '@anna:example.org', 1);
      await on.accounts.addToken('used', '@anna:example.org', 1);
      await on.accounts.addToken('new', '@bob:example.org', 7);
      await on.accounts.markUsed(['used'], 5);
      expect(await on.accounts.purge(5)).toBe(1);
      expect(await on.accounts.purge(5)).toBe(0);
      expect(await on.accounts.find('old')).toBeUndefined();
      expect(await on.accounts.find('used')).toBe('@anna:example.org');
      expect(await on.accounts.find('new')).toBe('@bob:example.org');
    });

    it('removes all tokens of some users, and returns how many there were', async () => {
      await on.accounts.addToken('phone', '@anna:example.org', 1);
      await on.accounts.addToken('laptop', '@anna:example.org', 2);
      await on.accounts.addToken('other', '@bob:example.org', 3);
      expect(await on.accounts.removeOf(['@anna:example.org', '@zoe:example.org'])).toBe(2);
      expect(await on.accounts.removeOf([])).toBe(0);
      expect(await on.accounts.find('phone')).toBeUndefined();
      expect(await on.accounts.find('other')).toBe('@bob:example.org');
    });

    it('lists all tokens, also those of many users', async () => {
      const users = Array.from({ length: 1_001 }, (_, i) => `@u${String(i).padStart(4, '0')}:example.org` as const);
      await inBatches([...users.entries()], ([i, mxid]) => on.accounts.addToken(`t${i}`, mxid, i));
      await on.accounts.addToken('second', '@u0000:example.org', 5);
      const listed = [];
      for await (const page of on.accounts.all()) listed.push(...page);
      expect(listed).toHaveLength(1_002);
      expect(new Set(listed.map(({ mxid }) => mxid))).toEqual(new Set(users));
      expect(await on.accounts.ofUser('@zoe:example.org')).toEqual([]);
    });
  });
}
