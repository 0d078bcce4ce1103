import { describe, expect, it } from 'vitest';
import { shrinkage } from '../../../src/domain/mirror/shrink-check.js';

describe('shrinkage', () => {
  it.each([
    ['nothing was known', {}, { a: 5 }, 0.2],
    ['nothing was known and nothing is there', {}, { a: 0 }, 0.2],
    ['an empty part stays empty', { a: 0, b: 5 }, { a: 0, b: 5 }, 0.2],
    ['it is as large as before', { a: 5 }, { a: 5 }, 0],
    ['it has grown', { a: 5 }, { a: 500 }, 0],
    ['exactly the allowed share is gone', { a: 10 }, { a: 8 }, 0.2],
    ['exactly the allowed share is gone, of a share that is no binary number', { a: 100 }, { a: 71 }, 0.29],
    ['a single one of a few is gone', { a: 2 }, { a: 1 }, 0.2],
    ['a single one is gone and none may', { a: 100 }, { a: 99 }, 0],
    ['a part is not configured any more and is a small one', { a: 100, b: 5 }, { a: 100 }, 0.2],
    ['one part gives to another what it may', { a: 10, b: 10 }, { a: 8, b: 12 }, 0.2],
    ['everything may go', { a: 5 }, { a: 0 }, 1],
  ])('is none where %s', (_case, before, after, maxShrink) => {
    expect(shrinkage(before, after, maxShrink)).toBeUndefined();
  });

  it.each([
    [
      'more than the allowed share is gone',
      { a: 10 },
      { a: 7 },
      0.2,
      'the listing has 7 entries where 10 were known, 30 % less (maxShrink: 20 %)',
    ],
    [
      'two are gone and none may',
      { a: 100 },
      { a: 98 },
      0,
      'the listing has 98 entries where 100 were known, 2 % less (maxShrink: 0 %)',
    ],
    [
      'the last one is gone',
      { a: 1 },
      { a: 0 },
      0.5,
      'the listing has 0 entries where 1 were known, 100 % less (maxShrink: 50 %)',
    ],
    [
      'everything is gone',
      { a: 8, b: 9 },
      { a: 0, b: 0 },
      0.9,
      'the listing has 0 entries where 17 were known, 100 % less (maxShrink: 90 %)',
    ],
    [
      'one part is gone and the whole is not much smaller',
      { a: 100, b: 5 },
      { a: 100, b: 0 },
      0.2,
      'its part b has 0 entries where 5 were known, 100 % less (maxShrink: 20 %)',
    ],
    [
      'one part is gone and another has grown',
      { a: 5, b: 5 },
      { a: 10, b: 0 },
      0.2,
      'its part b has 0 entries where 5 were known, 100 % less (maxShrink: 20 %)',
    ],
    [
      'one part has shrunk and the whole has not',
      { a: 10, b: 10 },
      { a: 17, b: 3 },
      0.2,
      'its part b has 3 entries where 10 were known, 70 % less (maxShrink: 20 %)',
    ],
    [
      'a part is not configured any more and was a large one',
      { a: 10, b: 10 },
      { a: 10 },
      0.2,
      'the listing has 10 entries where 20 were known, 50 % less (maxShrink: 20 %); 10 of them in b, which is not configured any more',
    ],
    [
      'the only entry of a part is gone',
      { a: 100, b: 1 },
      { a: 100, b: 0 },
      0.2,
      'its part b has 0 entries where 1 were known, 100 % less (maxShrink: 20 %)',
    ],
  ])('is told where %s', (_case, before, after, maxShrink, reason) => {
    expect(shrinkage(before, after, maxShrink)).toBe(reason);
  });
});
