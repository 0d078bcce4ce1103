import { describe, expect, it } from 'vitest';
import { KEY_WORDS } from '../../../src/adapters/hash-index/hash-key.js';
import { HashRecords } from '../../../src/adapters/hash-index/hash-records.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';

const long: Mxid = `@${'x'.repeat(242)}:example.org`;
const hashAt = (at: number) => Uint32Array.from({ length: KEY_WORDS }, (_none, word) => at * KEY_WORDS + word);

describe('HashRecords', () => {
  it('begins another chunk when one is full', () => {
    const records = new HashRecords();
    const places = Array.from({ length: 250_000 }, (_none, at) => {
      for (const _step of records.makeRoom());
      return records.add(hashAt(at), 0, long, 0);
    });
    expect(records.parts.chunks.length).toBe(2);
    const wrong = places.filter((place, at) => !records.holds(place, hashAt(at), 0) || records.mxid(place) !== long);
    expect(wrong).toEqual([]);
  });

  it('fails with a clear error at 2 GiB, and still uses free places', () => {
    const chunkBytes = 2 ** 26;
    const [full, last] = [new Uint32Array(chunkBytes / 4), new Uint32Array(chunkBytes / 4)];
    const records = new HashRecords({ chunks: [...Array<typeof full>(31).fill(full), last], end: 2 ** 27 - 40 });
    const add = (at: number) => {
      for (const _step of records.makeRoom());
      return records.add(hashAt(at), 0, long, 1);
    };
    const places = [add(1), add(2)];
    expect(() => add(3)).toThrow(new RangeError('The addresses of a source need more than 2 GiB'));
    expect(records.isFull).toBe(false);
    expect(places.map((place, i) => records.holds(place, hashAt(i + 1), 0) && records.mxid(place))).toEqual([
      long,
      long,
    ]);
    records.remove(places[0]!);
    expect(add(4)).toBe(places[0]);
  });
});
