import { beforeEach, describe, expect, it } from 'vitest';
import type { SecretBox } from '../../src/ports/secret-box.js';

/** What every SecretBox promises. `open` returns one with its current key and former ones. */
export function secretBoxContract(open: (key: number, ...old: readonly number[]) => SecretBox) {
  describe('SecretBox contract', () => {
    let box: SecretBox;
    beforeEach(() => {
      box = open(1);
    });

    it.each(['', '123456', 'a'.repeat(10_000), '{"link":"https://ö.example/?token=%20"}'])(
      'opens a text that it sealed',
      (text) => {
        expect(box.open('job', box.seal('job', text))).toBe(text);
      },
    );

    it('seals the same text differently each time, and never as plain text', () => {
      const sealed = [box.seal('job', 'secret-text'), box.seal('job', 'secret-text')];
      expect(new Set(sealed).size).toBe(2);
      expect(sealed.join()).not.toContain('secret');
    });

    it('opens with former keys, and with no other', () => {
      const sealed = box.seal('job', 'text');
      expect(open(2, 1).open('job', sealed)).toBe('text');
      expect(open(2).open('job', sealed)).toBeUndefined();
    });

    it('opens nothing that was changed, truncated, or sealed for another purpose', () => {
      const sealed = box.seal('invite token', 'text');
      const flip = (at: number) => `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
      const changed = Array.from({ length: sealed.length - 1 }, (_, at) => flip(at));
      for (const text of [...changed, sealed.slice(0, -4), `${sealed}AAAA`, '', 'text', 'sealed:', `x${sealed}`]) {
        expect([text, box.open('invite token', text)]).toEqual([text, undefined]);
      }
      expect(box.open('job', sealed)).toBeUndefined();
    });

    it('makes the same reference for a secret each time, and another one for each purpose and key', () => {
      expect(box.references('job', 'text')).toEqual(box.references('job', 'text'));
      const others = [
        box.references('invite token', 'text'),
        box.references('job', 'tex'),
        open(2).references('job', 'text'),
      ];
      expect(new Set([box.references('job', 'text'), ...others].flat()).size).toBe(4);
      expect(box.references('job', 'text')[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    });

    it('makes references with its current key first, then with former ones', () => {
      expect(open(2, 1).references('job', 'text')).toEqual([
        ...open(2).references('job', 'text'),
        ...box.references('job', 'text'),
      ]);
    });
  });
}
