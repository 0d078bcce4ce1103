import { describe, expect, it } from 'vitest';
import { freshStores, type OpenStores } from './stores.js';

const privacy = 'https://example.org/privacy-1.2-en.html';
const datenschutz = 'https://example.org/privacy-1.2-de.html';
const usage = 'https://example.org/usage-2.html';

/** What every TermsStore promises. */
export function termsStoreContract(open: OpenStores): void {
  describe('TermsStore contract', () => {
    const on = freshStores(open);

    it('knows those of the asked URLs that a user has accepted', async () => {
      await on.terms.accept('@anna:example.org', [privacy, usage], 1);
      const accepted = await on.terms.accepted('@anna:example.org', [datenschutz, privacy, privacy]);
      expect(accepted).toEqual([privacy]);
      expect(await on.terms.accepted('@anna:example.org', [])).toEqual([]);
    });

    it('adds to what was accepted before', async () => {
      await on.terms.accept('@anna:example.org', [privacy], 1);
      await on.terms.accept('@anna:example.org', [], 2);
      await on.terms.accept('@anna:example.org', [usage], 3);
      const accepted = await on.terms.accepted('@anna:example.org', [privacy, usage]);
      expect(accepted.toSorted()).toEqual([privacy, usage]);
    });

    it('takes accepting twice for accepting once', async () => {
      await on.terms.accept('@anna:example.org', [privacy, privacy], 1);
      await on.terms.accept('@anna:example.org', [privacy, usage], 2);
      expect(await on.terms.accepted('@anna:example.org', [privacy])).toEqual([privacy]);
    });

    it('knows it of each user by itself', async () => {
      await on.terms.accept('@anna:example.org', [privacy], 1);
      expect(await on.terms.accepted('@bob:example.org', [privacy])).toEqual([]);
    });
  });
}
