import { indexWords, type Spellings } from '../../domain/people-search/search-words.js';
import {
  matchLevel,
  type SearchablePerson,
  scoreOf,
  type WordMatch,
} from '../../domain/people-search/searchable-person.js';

/** The folded words of one person. Those of the name come first, in their order. */
export interface PersonWords {
  readonly name: readonly string[];
  readonly others: readonly string[];
  /** The sort key for people with the same score, followed by the user ID. */
  readonly key: string;
}

export function wordsOf({ name = '', keywords }: SearchablePerson): PersonWords {
  const own = indexWords(name);
  const isOwn = new Set(own);
  const others = indexWords(keywords.join(' ')).filter((word) => !isOwn.has(word));
  return { name: own, others, key: own.join(' ') };
}

/** How well a person matches; `undefined` if they do not match. */
export function matchWords(
  { name, others }: PersonWords,
  terms: readonly Spellings[],
): { readonly score: number; readonly matches: readonly WordMatch[] } | undefined {
  const matches: WordMatch[] = [];
  for (const term of terms) {
    const match = bestOf(
      [...name.map((word) => ({ word, isName: true })), ...others.map((word) => ({ word, isName: false }))],
      term,
    );
    if (!match) return undefined;
    matches.push(match);
  }
  if (terms.length === 0) return undefined;
  const levels = matches.reduce((sum, { isName, isWhole }) => sum + matchLevel(isName, isWhole), 0);
  const [first] = name;
  const isInOrder = first !== undefined && (terms[0]?.some((spelling) => first.startsWith(spelling)) ?? false);
  return { score: scoreOf(levels, isInOrder), matches };
}

function bestOf(words: readonly Pick<WordMatch, 'word' | 'isName'>[], term: Spellings): WordMatch | undefined {
  let best: WordMatch | undefined;
  let bestLevel = -1;
  for (const { word, isName } of words) {
    if (!term.some((spelling) => word.startsWith(spelling))) continue;
    const isWhole = term.includes(word);
    const level = matchLevel(isName, isWhole);
    if (level > bestLevel) [best, bestLevel] = [{ word, isName, isWhole }, level];
  }
  return best;
}
