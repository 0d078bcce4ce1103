import { describe, expect, it } from 'vitest';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { freshStores, type OpenStores } from './stores.js';

const privacy = 'https://example.org/privacy-1.2-en.html';
const datenschutz = 'https://example.org/privacy-1.2-de.html';
const usage = 'https://example.org/usage-2.html';

/** What every TermsStore promises. */
export function termsStoreContract(open: OpenStores): void {
  describe('TermsStore contract', () => {
    const on = freshStores(open);

    it('returns whether a user has accepted one URL of each choice', async () => {
      await on.terms.accept('@anna:example.org', [privacy, usage], 1);
      expect(await on.terms.hasAccepted('@anna:example.org', [[datenschutz, privacy], [usage]])).toBe(true);
      expect(await on.terms.hasAccepted('@anna:example.org', [[datenschutz], [usage]])).toBe(false);
      expect(await on.terms.hasAccepted('@anna:example.org', [])).toBe(true);
    });

    it('adds to earlier acceptances', async () => {
      await on.terms.accept('@anna:example.org', [privacy], 1);
      await on.terms.accept('@anna:example.org', [], 2);
      await on.terms.accept('@anna:example.org', [usage], 3);
      expect(await on.terms.hasAccepted('@anna:example.org', [[privacy], [usage]])).toBe(true);
    });

    it('stores a repeated acceptance once', async () => {
      await on.terms.accept('@anna:example.org', [privacy, privacy], 1);
      await on.terms.accept('@anna:example.org', [privacy, usage], 2);
      expect(await on.terms.hasAccepted('@anna:example.org', [[privacy]])).toBe(true);
    });

    it('stores acceptances of each user separately', async () => {
      await on.terms.accept('@anna:example.org', [privacy], 1);
      expect(await on.terms.hasAccepted('@bob:example.org', [[privacy]])).toBe(false);
    });

    it('removes acceptances of former texts from before a time in batches, and no others', async () => {
      await on.terms.accept('@anna:example.org', [privacy, usage], 1);
      await on.terms.accept('@bob:example.org', [privacy], 2);
      await on.terms.accept('@carla:example.org', [privacy], 10);
      const purge = () => on.terms.purge([usage, datenschutz], 10, 1);
      expect([await purge(), await purge(), await purge()]).toEqual([1, 1, 0]);
      const accepted = async (mxid: Mxid, url: string) => on.terms.hasAccepted(mxid, [[url]]);
      expect(await accepted('@anna:example.org', privacy)).toBe(false);
      expect(await accepted('@anna:example.org', usage)).toBe(true);
      expect(await accepted('@bob:example.org', privacy)).toBe(false);
      expect(await accepted('@carla:example.org', privacy)).toBe(true);
    });
  });
}
