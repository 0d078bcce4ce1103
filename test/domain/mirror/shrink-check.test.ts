import { describe, expect, it } from 'vitest';
import { shrinkage } from '../../../src/domain/mirror/shrink-check.js';

describe('shrinkage', () => {
  it.each([
    ['no entries were known', {}, { a: 5 }, 0.2],
    ['no entries were known and none exist', {}, { a: 0 }, 0.2],
    ['an empty part stays empty', { a: 0, b: 5 }, { a: 0, b: 5 }, 0.2],
    ['it is as large as before', { a: 5 }, { a: 5 }, 0],
    ['it has grown', { a: 5 }, { a: 500 }, 0],
    ['exactly the allowed share is gone', { a: 10 }, { a: 8 }, 0.2],
    ['exactly the allowed share is gone, and the share is not a binary fraction', { a: 100 }, { a: 71 }, 0.29],
    ['a single entry of a few is gone', { a: 2 }, { a: 1 }, 0.2],
    ['a single entry is gone and none may be', { a: 100 }, { a: 99 }, 0],
    ['a small part is no longer configured', { a: 100, b: 5 }, { a: 100 }, 0.2],
    ['one part loses the allowed share to another', { a: 10, b: 10 }, { a: 8, b: 12 }, 0.2],
    ['all may be lost', { a: 5 }, { a: 0 }, 1],
  ])('is not reported if %s', (_case, before, after, maxShrink) => {
    expect(shrinkage(before, after, maxShrink)).toBeUndefined();
  });

  it.each([
    [
      'more than the allowed share is gone',
      { a: 10 },
      { a: 7 },
      0.2,
      'the directory has 7 entries instead of 10, 30 % less (maxShrink: 20 %)',
    ],
    [
      'two entries are gone and none may be',
      { a: 100 },
      { a: 98 },
      0,
      'the directory has 98 entries instead of 100, 2 % less (maxShrink: 0 %)',
    ],
    [
      'the last entry is gone',
      { a: 1 },
      { a: 0 },
      0.5,
      'the directory has 0 entries instead of 1, 100 % less (maxShrink: 50 %)',
    ],
    [
      'everything is gone',
      { a: 8, b: 9 },
      { a: 0, b: 0 },
      0.9,
      'the directory has 0 entries instead of 17, 100 % less (maxShrink: 90 %)',
    ],
    [
      'one part is gone and the whole is not much smaller',
      { a: 100, b: 5 },
      { a: 100, b: 0 },
      0.2,
      'its base b has 0 entries instead of 5, 100 % less (maxShrink: 20 %)',
    ],
    [
      'one part is gone and another has grown',
      { a: 5, b: 5 },
      { a: 10, b: 0 },
      0.2,
      'its base b has 0 entries instead of 5, 100 % less (maxShrink: 20 %)',
    ],
    [
      'one part has shrunk and the whole has not',
      { a: 10, b: 10 },
      { a: 17, b: 3 },
      0.2,
      'its base b has 3 entries instead of 10, 70 % less (maxShrink: 20 %)',
    ],
    [
      'a large part is no longer configured',
      { a: 10, b: 10 },
      { a: 10 },
      0.2,
      'the directory has 10 entries instead of 20, 50 % less (maxShrink: 20 %); 10 of the missing entries were below b, which is no longer configured',
    ],
    [
      'the only entry of a part is gone',
      { a: 100, b: 1 },
      { a: 100, b: 0 },
      0.2,
      'its base b has 0 entries instead of 1, 100 % less (maxShrink: 20 %)',
    ],
  ])('is reported if %s', (_case, before, after, maxShrink, reason) => {
    expect(shrinkage(before, after, maxShrink)).toBe(reason);
  });
});
