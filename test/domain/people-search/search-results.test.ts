import { describe, expect, it } from 'vitest';
import { mergeResults, readResults } from '../../../src/domain/people-search/search-results.js';

const result = (user: string, more: object = {}) => ({ user_id: `@${user}:example.org`, ...more });
const person = (user: string, name = user.toUpperCase(), more: { hasNoAccount?: true } = {}) => ({
  mxid: `@${user}:example.org` as const,
  name,
  ...more,
});
const users = ({ results }: ReturnType<typeof mergeResults>) => results.map(({ user_id }) => user_id.slice(1, 2));

describe('merged results', () => {
  const theirs = {
    results: [result('a', { display_name: 'Ann', avatar_url: 'mxc://x/y' }), result('b')],
    limited: false,
  };
  const ours = { people: [person('c'), person('a')], isLimited: false };

  it('contain the people of the homeserver first, each once and as the homeserver has them', () => {
    expect(mergeResults(theirs, ours, 'homeserver', 10)).toEqual({
      results: [...theirs.results, result('c', { display_name: 'C' })],
      limited: false,
    });
  });

  it('are in the order of rank if that is configured', () => {
    const merged = mergeResults(theirs, ours, 'rank', 10);
    expect(users(merged)).toEqual(['c', 'a', 'b']);
    expect(merged.results[1]).toEqual(theirs.results[0]);
  });

  it('end with people without an account, unless the homeserver found them', () => {
    const some = {
      people: [person('a', 'A?', { hasNoAccount: true }), person('d', 'D?', { hasNoAccount: true }), person('c')],
      isLimited: false,
    };
    expect(users(mergeResults(theirs, some, 'homeserver', 10))).toEqual(['a', 'b', 'c', 'd']);
    expect(users(mergeResults(theirs, some, 'rank', 10))).toEqual(['a', 'c', 'b', 'd']);
  });

  it('say whether there are more', () => {
    expect(mergeResults(theirs, ours, 'homeserver', 3).limited).toBe(false);
    expect(mergeResults(theirs, ours, 'homeserver', 2)).toMatchObject({ results: theirs.results, limited: true });
    expect(mergeResults({ ...theirs, limited: true }, ours, 'homeserver', 10).limited).toBe(true);
    expect(mergeResults(theirs, { ...ours, isLimited: true }, 'homeserver', 10).limited).toBe(true);
  });
});

describe('the results of a homeserver', () => {
  it('are read with all their fields', () => {
    const results = [result('a', { display_name: null, 'org.example.team': 7 })];
    expect(readResults(JSON.stringify({ limited: true, results }))).toEqual({ limited: true, results });
  });

  it('without a valid user are skipped', () => {
    const results = [null, 'a', {}, { user_id: 7 }, { user_id: 'anna' }, result('a')];
    expect(readResults(JSON.stringify({ results }))).toEqual({ limited: false, results: [result('a')] });
  });

  it.each(['', 'no', '[]', 'null', '{}', '{"results":{}}'])('are not valid in the form %j', (body) => {
    expect(readResults(body)).toBeUndefined();
  });
});
