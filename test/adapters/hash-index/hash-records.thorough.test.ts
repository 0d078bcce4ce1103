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
});
