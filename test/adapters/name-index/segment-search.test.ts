import { expect, it } from 'vitest';
import { Segment } from '../../../src/adapters/name-index/segment.js';
import { SegmentBuilder } from '../../../src/adapters/name-index/segment-builder.js';
import { SegmentSearch } from '../../../src/adapters/name-index/segment-search.js';

it('a segment search has the same results after its step counter starts again', () => {
  const builder = new SegmentBuilder();
  for (const [user, name] of [
    ['am', 'Anna Meier'],
    ['ab', 'Anna Berg'],
  ] as const)
    builder.add({ mxid: `@${user}:example.org`, name, keywords: [], source: 'staff' });
  const parts = builder.finish();
  const anyWord = { low: 0, high: parts.wordStarts.length - 1, wholeWord: -1 };
  const search = new SegmentSearch(parts, new Uint8Array(2), 5);
  const first = search.find([[anyWord], [anyWord]], 10);
  expect(first).toMatchObject({ total: 2, people: [{ person: 0 }, { person: 1 }] });
  for (let query = 0; query < 20; query++) expect(search.find([[anyWord], [anyWord]], 10)).toEqual(first);
  expect(new Segment(parts).hitOf(0, 7)).toMatchObject({ mxid: '@ab:example.org', score: 7 });
});
