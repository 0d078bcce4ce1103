import { describe, expect, it } from 'vitest';
import { KEY_WORDS } from '../../../src/adapters/hash-index/hash-key.js';
import { HashRecords } from '../../../src/adapters/hash-index/hash-records.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';

const nameAt = (at: number): Mxid => `@firstname.lastname${at}:example.org`;
const hashAt = (at: number) => Uint32Array.from({ length: KEY_WORDS }, (_none, word) => at * KEY_WORDS + word);
const memoryOf = ({ parts }: HashRecords) => parts.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);

function add(records: HashRecords, at: number, mxid = nameAt(at)): number {
  for (const _step of records.makeRoom());
  return records.add(hashAt(at), 0, mxid, at & 127);
}

const recordAt = (records: HashRecords, place: number, at: number) => ({
  holds: records.holds(place, hashAt(at), 0),
  mxid: records.mxid(place),
  marks: records.marks(place),
});

describe('HashRecords', () => {
  it('takes kilobytes for the records of a small source, and at most about twice what its records need', () => {
    const records = new HashRecords();
    for (let at = 0; at < 50; at++) add(records, at);
    expect(memoryOf(records)).toBeLessThanOrEqual(4_096);
    for (let at = 50; at < 20_000; at++) add(records, at);
    expect(memoryOf(records)).toBeLessThanOrEqual(2 * records.bytes + 4_096);
  });

  it('keeps all records while it grows, also in another thread, and with names of any length and script', () => {
    const names = [nameAt(0), '@:a', '@zoë.日本:example.org', `@${'x'.repeat(242)}:example.org`] as const;
    const nameOf = (at: number) => names[at % 5] ?? nameAt(at);
    const records = new HashRecords();
    const places = Array.from({ length: 30_000 }, (_none, at) => add(records, at, nameOf(at)));
    const moved = new HashRecords(records.parts);
    const wrong = [records, moved].flatMap((all) =>
      places.filter((place, at) => {
        const { holds, mxid, marks } = recordAt(all, place, at);
        return !holds || mxid !== nameOf(at) || marks !== (at & 127);
      }),
    );
    expect(wrong).toEqual([]);
    expect(records.holds(places[1]!, hashAt(2), 0)).toBe(false);
    const place = add(moved, 7, '@new:example.org');
    expect(recordAt(moved, place, 7)).toEqual({ holds: true, mxid: '@new:example.org', marks: 7 });
  });

  it('keeps nothing of a removed record, and uses its place again', () => {
    const records = new HashRecords();
    const [first, second] = [add(records, 1), add(records, 2)];
    const before = records.bytes;
    records.remove(first);
    const text = Buffer.concat(records.parts.chunks.map(({ buffer }) => Buffer.from(buffer))).toString('latin1');
    expect(text).not.toContain(nameAt(1));
    expect(records.holds(first, hashAt(1), 0)).toBe(false);
    expect(add(records, 3)).toBe(first);
    expect([records.bytes, records.mxid(first), records.mxid(second)]).toEqual([before, nameAt(3), nameAt(2)]);
  });

  it('adds marks', () => {
    const records = new HashRecords();
    const place = add(records, 1);
    records.mark(place, 6);
    expect(records.marks(place)).toBe(7);
  });
});
