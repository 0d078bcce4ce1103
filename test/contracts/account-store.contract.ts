import { describe, expect, it } from 'vitest';
import { freshStores, type OpenStores } from './stores.js';

/** What every AccountStore promises. */
export function accountStoreContract(open: OpenStores): void {
  describe('AccountStore contract', () => {
    const on = freshStores(open);

    it('knows whose token it is', async () => {
      await on.accounts.addToken('token-a', '@anna:example.org', 1);
      await on.accounts.addToken('token-b', '@bob:example.org', 2);
      expect(await on.accounts.find('token-a')).toBe('@anna:example.org');
      expect(await on.accounts.find('token-b')).toBe('@bob:example.org');
    });

    it('knows several tokens of one user, and each ends by itself', async () => {
      await on.accounts.addToken('phone', '@anna:example.org', 1);
      await on.accounts.addToken('laptop', '@anna:example.org', 2);
      expect(await on.accounts.removeToken('phone')).toBe(true);
      expect(await on.accounts.find('phone')).toBeUndefined();
      expect(await on.accounts.find('laptop')).toBe('@anna:example.org');
    });

    it.each(['', 'token-A', 'token-a ', "' or 1=1 --"])('knows nobody by %j', async (token) => {
      await on.accounts.addToken('token-a', '@anna:example.org', 1);
      expect(await on.accounts.find(token)).toBeUndefined();
      expect(await on.accounts.removeToken(token)).toBe(false);
    });

    it('refuses to give away a token that somebody has', async () => {
      await on.accounts.addToken('token', '@anna:example.org', 1);
      await expect(on.accounts.addToken('token', '@bob:example.org', 2)).rejects.toThrow(Error);
      expect(await on.accounts.find('token')).toBe('@anna:example.org');
    });
  });
}
