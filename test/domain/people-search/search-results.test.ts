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
  const fromHomeserver = {
    results: [result('a', { display_name: 'Ann', avatar_url: 'mxc://x/y' }), result('b')],
    limited: false,
  };
  const fromIslet = { people: [person('c'), person('a')], isLimited: false };

  it('contain the people of the homeserver first, each once and as the homeserver has them', () => {
    expect(mergeResults(fromHomeserver, fromIslet, 'homeserver', 10)).toEqual({
      results: [...fromHomeserver.results, result('c', { display_name: 'C' })],
      limited: false,
    });
  });

  it('are in the order of rank if that is configured', () => {
    const merged = mergeResults(fromHomeserver, fromIslet, 'rank', 10);
    expect(users(merged)).toEqual(['c', 'a', 'b']);
    expect(merged.results[1]).toEqual(fromHomeserver.results[0]);
  });

  it('end with people without an account, unless the homeserver found them', () => {
    const answer = {
      people: [person('a', 'A?', { hasNoAccount: true }), person('d', 'D?', { hasNoAccount: true }), person('c')],
      isLimited: false,
    };
    expect(users(mergeResults(fromHomeserver, answer, 'homeserver', 10))).toEqual(['a', 'b', 'c', 'd']);
    expect(users(mergeResults(fromHomeserver, answer, 'rank', 10))).toEqual(['a', 'c', 'b', 'd']);
  });

  it('say whether there are more', () => {
    expect(mergeResults(fromHomeserver, fromIslet, 'homeserver', 3).limited).toBe(false);
    expect(mergeResults(fromHomeserver, fromIslet, 'homeserver', 2)).toMatchObject({
      results: fromHomeserver.results,
      limited: true,
    });
    expect(mergeResults({ ...fromHomeserver, limited: true }, fromIslet, 'homeserver', 10).limited).toBe(true);
    expect(mergeResults(fromHomeserver, { ...fromIslet, isLimited: true }, 'homeserver', 10).limited).toBe(true);
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
