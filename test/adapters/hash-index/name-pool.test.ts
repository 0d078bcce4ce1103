import { describe, expect, it } from 'vitest';
import { NamePool } from '../../../src/adapters/hash-index/name-pool.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';

const nameAt = (at: number): Mxid => `@firstname.lastname${at}:example.org`;
const memoryOf = ({ parts }: NamePool) => parts.chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);

describe('NamePool', () => {
  it('takes kilobytes for the names of a small source, and no more than twice as much as the names need', () => {
    const pool = new NamePool();
    for (let at = 0; at < 20; at++) pool.add(nameAt(at));
    expect(memoryOf(pool)).toBeLessThanOrEqual(4_096);
    for (let at = 20; at < 20_000; at++) pool.add(nameAt(at));
    expect(memoryOf(pool)).toBeLessThanOrEqual(2 * pool.bytes);
  });

  it('keeps all names while it grows, also in another thread', () => {
    const pool = new NamePool();
    const places = Array.from({ length: 100_000 }, (_none, at) => pool.add(nameAt(at)));
    expect(pool.parts.chunks.length).toBeGreaterThan(1);
    const moved = new NamePool(pool.parts);
    const wrong = places.filter((place, at) => pool.get(place) !== nameAt(at) || moved.get(place) !== nameAt(at));
    expect(wrong).toEqual([]);
    expect(moved.get(moved.add('@new:example.org'))).toBe('@new:example.org');
  });
});
