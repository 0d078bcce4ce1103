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

/** How well a person matches; -1 if they do not match. */
export function scoreWords({ name, others }: PersonWords, terms: readonly Spellings[]): number {
  const [first] = terms;
  if (!first) return -1;
  let levels = 0;
  for (const term of terms) {
    const level = Math.max(bestLevel(name, true, term), bestLevel(others, false, term));
    if (level < 0) return -1;
    levels += level;
  }
  const [begins] = name;
  return scoreOf(levels, begins !== undefined && first.some((spelling) => begins.startsWith(spelling)));
}

/** The best match for each term that has one. */
export function matchWords({ name, others }: PersonWords, terms: readonly Spellings[]): readonly WordMatch[] {
  return terms.flatMap((term) => {
    const levels = [bestLevel(name, true, term), bestLevel(others, false, term)] as const;
    const isName = levels[0] >= levels[1];
    const level = Math.max(...levels);
    const word = (isName ? name : others).find((candidate) => bestLevel([candidate], isName, term) === level);
    return word === undefined || level < 0 ? [] : { word, isName, isWhole: term.includes(word) };
  });
}

/** Allocates nothing: it is called for every person who changed since the last load. */
function bestLevel(words: readonly string[], isName: boolean, term: Spellings): number {
  let best = -1;
  for (const word of words) {
    for (const spelling of term) {
      if (!word.startsWith(spelling)) continue;
      best = Math.max(best, matchLevel(isName, word.length === spelling.length));
    }
  }
  return best;
}
