import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/ports/random.js';

/** What every Random promises. */
export function randomContract(open: () => Random) {
  describe('Random contract', () => {
    it.each([0, 1, 6, 32, 128])('returns text and digits of %i characters', (length) => {
      const random = open();
      expect(random.text(length)).toMatch(new RegExp(`^[0-9a-zA-Z]{${length}}$`));
      expect(random.digits(length)).toMatch(new RegExp(`^[0-9]{${length}}$`));
    });

    it('never returns the same long text twice', () => {
      const random = open();
      const texts = Array.from({ length: 1_000 }, () => random.text(32));
      expect(new Set(texts).size).toBe(1_000);
    });
  });
}
