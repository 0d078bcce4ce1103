import { foldCase } from '../identifiers/case-folding.js';

/** The spellings of a word without accents, the simple one first: `muller` and `mueller` for Müller. */
export type Spellings = readonly [string, ...string[]];

/** The maximum number of words of a person, and of a query. More words do not help to distinguish people. */
const MOST_WORDS = 40;
const LONGEST_WORD = 64;
/** In scripts without spaces, a word may begin at any character: this many suffixes of each word are indexed. */
const MOST_SUFFIXES = 8;

const APOSTROPHES = /['\u2018\u2019\u201b\u02bc\u02b9\u02bb\u2032\u00b4`\uff07]/g;
const HYPHENS = /[-\u2010\u2011]/g;
const BETWEEN_HYPHENATED = /[^\p{L}\p{N}\p{M}'\u2010\u2011-]+/u;
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}']+/u;
/** Scripts without spaces between words: Han, Kana, Hangul syllables. */
const UNSPACED =
  /^[\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\u{20000}-\u{323af}]+$/u;
/** Accents and vowel points that people often omit. Marks of other scripts that change the word are kept. */
const MARKS =
  /[\u{300}-\u{36f}]|[\u{483}-\u{487}]|[\u{591}-\u{5c7}]|[\u{610}-\u{61a}]|[\u{64b}-\u{65f}]|[\u{670}]|[\u{1ab0}-\u{1aff}]|[\u{1dc0}-\u{1dff}]|[\u{20d0}-\u{20ff}]|[\u{fe20}-\u{fe2f}]/gu;
/** Invisible characters. */
const INVISIBLE = /[\u{ad}]|[\u{640}]|[\u{200b}-\u{200f}]|[\u{2060}]|[\u{fe00}-\u{fe0f}]|[\u{feff}]/gu;
/** Letters that Unicode does not decompose into a letter and an accent, with their usual replacements. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['ø', 'o'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ł', 'l'],
  ['ı', 'i'],
  ['ħ', 'h'],
  ['ŧ', 't'],
  ['ŋ', 'n'],
  ['ə', 'e'],
  // Arabic letters that are written for each other; the last two are Persian.
  ['\u0649', '\u064a'],
  ['\u0629', '\u0647'],
  ['\u06cc', '\u064a'],
  ['\u06a9', '\u0643'],
]);
const OTHER_LETTERS = /[øæœđðþłıħŧŋə\u0649\u0629\u06cc\u06a9]/g;
/** Each is a fixed distance above the Hiragana of the same sound. */
const KATAKANA = /[\u30a1-\u30f6]/g;
const ABOVE_HIRAGANA = 0x60;
/** Those of these that are also written with two letters. */
const EXPANDED = /[aou]\u0308|a\u030a|ø|đ/g;
const EXPANSIONS: ReadonlyMap<string, string> = new Map([
  ['a\u0308', 'ae'],
  ['o\u0308', 'oe'],
  ['u\u0308', 'ue'],
  ['a\u030a', 'aa'],
  ['ø', 'oe'],
  ['đ', 'dj'],
]);

/** The words by which a text is found, without duplicates. */
export function indexWords(text: string): readonly string[] {
  const words = new Set<string>();
  for (const written of [...writtenWords(text), ...joinedWords(text)]) {
    for (const spelled of [written, ...partsOf(written)]) for (const word of spellingsOf(spelled)) words.add(word);
    if (words.size >= MOST_WORDS) break;
  }
  words.delete('');
  return [...words].slice(0, MOST_WORDS);
}

/** The words of a query. Each must be the beginning of a word of a matching person. */
export const queryTerms = (text: string): readonly Spellings[] =>
  writtenWords(text)
    .slice(0, MOST_WORDS)
    .map(spellingsOf)
    .filter(([plain]) => plain !== '');

/** The length of a query in letters; a character of a script without spaces counts as two. */
export function lettersIn(text: string): number {
  const letters = writtenWords(text).flatMap((word) => Array.from(word.replaceAll(/['\p{M}]/gu, '')));
  return letters.reduce((sum, letter) => sum + (UNSPACED.test(letter) ? 2 : 1), 0);
}

const writtenWords = (text: string): readonly string[] =>
  text
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(APOSTROPHES, "'")
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '')
    .map(cut);

/** Words with hyphens as if there were none: some people write Jean-Luc as Jeanluc. */
const joinedWords = (text: string): readonly string[] =>
  text
    .split(BETWEEN_HYPHENATED)
    .filter((word) => /[^-\u2010\u2011][-\u2010\u2011]+[^-\u2010\u2011]/.test(word))
    .flatMap((word) => writtenWords(word.replace(HYPHENS, '')));

/** Removes half of a surrogate pair at the end. */
const cut = (word: string): string =>
  word.length <= LONGEST_WORD ? word : word.slice(0, LONGEST_WORD).replace(/[\ud800-\udbff]$/, '');

/** Further positions at which a word may begin: `brien` in O'Brien, and each character in scripts without spaces. */
function partsOf(word: string): readonly string[] {
  if (word.includes("'")) return word.split("'").slice(1);
  if (!UNSPACED.test(word)) return [];
  const signs = Array.from(word);
  return signs.slice(1, MOST_SUFFIXES).map((_, at) => signs.slice(at + 1).join(''));
}

/**
 * A word without case, accents and width variants. Uses only Unicode tables that are the same in all versions, and no
 * locale: `I`, `İ`, `ı` and `i` are one letter.
 */
function spellingsOf(word: string): Spellings {
  if (/^[a-z0-9]*$/.test(word)) return [word];
  const folded = foldCase(word.replaceAll("'", '').normalize('NFKD')).normalize('NFKD');
  const plain = withoutAccents(folded);
  const expanded = withoutAccents(folded.replace(EXPANDED, (letter) => EXPANSIONS.get(letter) ?? letter));
  return expanded === plain ? [plain] : [plain, expanded];
}

/** Composed again, so that a character with a remaining mark is not matched by the character without it. */
const withoutAccents = (folded: string): string =>
  cut(
    folded
      .replace(MARKS, '')
      .replace(OTHER_LETTERS, (letter) => LETTERS.get(letter) ?? letter)
      .normalize('NFC')
      .replace(KATAKANA, (letter) => String.fromCharCode(letter.charCodeAt(0) - ABOVE_HIRAGANA)),
  );
