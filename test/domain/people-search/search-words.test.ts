import { describe, expect, it } from 'vitest';
import { indexWords, lettersIn, queryTerms } from '../../../src/domain/people-search/search-words.js';

/** Whether this query finds a person with this name. */
function finds(query: string, name: string): boolean {
  const words = indexWords(name);
  const terms = queryTerms(query);
  return (
    terms.length > 0 && terms.every((term) => words.some((word) => term.some((spelling) => word.startsWith(spelling))))
  );
}

describe('the words of names and queries', () => {
  it.each([
    ['muller', 'Anna Müller'],
    ['müller', 'Anna Müller'],
    ['mueller', 'Anna Müller'],
    ['MÜLLER', 'Anna Müller'],
    ['mu\u0308ller', 'Anna Müller'],
    ['müller', 'Anna Mueller'],
    ['müller', 'Anna Muller'],
    ['mull an', 'Anna Müller'],
    ['strasse', 'Straße'],
    ['straße', 'STRASSE'],
    ['isik', 'Işık'],
    ['ışık', 'IŞIK'],
    ['IŞIK', 'ışık'],
    ['ishak', 'İshak'],
    ['i\u0307shak', 'Ishak'],
    ['jorgensen', 'Jørgensen'],
    ['joergensen', 'Jørgensen'],
    ['aage', 'Åge'],
    ['lodz', 'Łódź'],
    ['nguyen', 'Nguyễn'],
    ['обьем', 'Обьем'],
    ['Семенов', 'Семёнов'],
    ['семён', 'СЕМЕНОВ'],
    ['ΠΑΠΑΔΟΠΟΥΛΟΣ', 'Παπαδόπουλος'],
    ['παπαδοπουλοσ', 'Παπαδόπουλος'],
    ['obrien', "O'Brien"],
    ['o’brien', "O'Brien"],
    ['brien', 'O’Brien'],
    ['luden', 'Müller-Lüdenscheidt'],
    ['müller-lüd', 'Müller-Lüdenscheidt'],
    ['jeanluc', 'Jean-Luc Picard'],
    ['jean-luc', 'Jean-Luc Picard'],
    ['jean luc', 'Jean‐Luc Picard'],
    ['luc', 'Jean-Luc Picard'],
    ['alrahman', 'Abd al-Rahman'],
    ['van der b', 'Ludwig van der Berg'],
    ['j r tol', 'J. R. R. Tolkien'],
    ['li x', 'X Li'],
    ['gross', 'Groß'],
    ['ipek', 'İpek'],
    ['ΣΊΣΥΦΟΣ', 'σισυφος'],
    ['على', 'علي'],
    ['فاطمه', 'فاطمة'],
    ['یوسف', 'يوسف'],
    ['שרה', 'שׁרה'],
    ['やまだ', 'ヤマダ'],
    ['ﾔﾏﾀﾞ', 'やまだ'],
    ['田太', '山田太郎'],
    ['山田', '山田太郎'],
    ['太郎', '山田太郎'],
    ['철수', '김철수'],
    ['ａｎｎａ', 'Anna'],
    ['محمد', 'مُحَمَّد'],
  ])('the query %s finds %s', (query, name) => {
    expect(finds(query, name)).toBe(true);
  });

  it.each([
    ['anna meyer', 'Anna Meier'],
    ['nna', 'Anna'],
    ['', 'Anna'],
    ['- ,', 'Anna'],
    ['का', 'कि'],
    ['か', 'が'],
    ['か', 'ガ'],
    ['*', 'Anna'],
    ['.*', 'Anna'],
    ['%', 'Anna'],
    ['anna or x', 'Anna'],
    ['\ud800', '\ud800'],
  ])('the query %j does not find %s', (query, name) => {
    expect(finds(query, name)).toBe(false);
  });

  it('are limited in number and in length', () => {
    expect(indexWords(Array.from({ length: 500 }, (_, i) => `name${i}`).join(' ')).length).toBeLessThanOrEqual(40);
    for (const letter of ['x', 'ä', '\ufdfa', '山', 'a-', "a'", '\u0301', '\ud800']) {
      const words = [...indexWords(letter.repeat(5_000)), ...queryTerms(letter.repeat(5_000)).flat()];
      expect(Math.max(0, ...words.map(({ length }) => length))).toBeLessThanOrEqual(64);
    }
    expect(queryTerms('a '.repeat(5_000)).length).toBeLessThanOrEqual(40);
  });

  it('count for the minimum: a letter once, an ideograph twice', () => {
    expect(['a', 'an', ' - a.', 'é', '山', '山田', 'a\u0308', "o'"].map(lettersIn)).toEqual([1, 2, 1, 1, 2, 4, 1, 1]);
  });
});
