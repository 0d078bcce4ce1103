import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CompactHashIndex } from '../../../src/adapters/hash-index/compact-hash-index.js';
import { MemoryHashIndex } from '../../support/memory/hash-index.js';
import type { Claim } from '../../../src/domain/associations/claim.js';
import { lookupHash, lookupHashes } from '../../../src/domain/identifiers/lookup-hash.js';
import { email, msisdn, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { ClaimReader, HashIndex } from '../../../src/ports/hash-index.js';
import { hashIndexContract } from '../../contracts/hash-index.contract.js';

/** An email address and a phone number for each of many people. */
const claimAt = (i: number): Claim => ({
  threepid: i % 2 === 0 ? email(`firstname.lastname${i}@example.org`) : msisdn(`4922100${i}`),
  mxid: `@firstname.lastname${i >> 1}:example.org`,
});

const pagesOf = (count: number, size = 1_000): ClaimReader =>
  async function* () {
    for (let at = 0; at < count; at += size) yield Array.from({ length: size }, (_, i) => claimAt(at + i));
  };

describe('compact', () => {
  hashIndexContract(() => new CompactHashIndex());

  describe('CompactHashIndex', () => {
    let index: CompactHashIndex;
    const find = (i: number, pepper = 'pepper') => index.find('staff', pepper, lookupHash(claimAt(i).threepid, pepper));

    beforeEach(async () => {
      index = new CompactHashIndex();
      await index.prepare('pepper');
    });
    afterEach(() => index.close());

    it('uses at most 75 bytes a claim, including user IDs', async () => {
      await index.load('staff', pagesOf(100_000));
      const { claims, bytes } = index.size('staff');
      expect(claims).toBe(100_000);
      expect(bytes / claims).toBeLessThan(75);
    });

    it('reuses the memory of removed user IDs', async () => {
      await index.load('staff', pagesOf(2_000));
      const before = index.size('staff').bytes;
      const claims = Array.from({ length: 2_000 }, (_, i) => claimAt(i));
      for (let round = 0; round < 30; round++) {
        await index.apply('staff', claims, []);
        await index.apply('staff', [], claims);
      }
      expect(index.size('staff').bytes).toBe(before);
    });

    it('keeps a user ID that very many claims share', async () => {
      const claims = Array.from({ length: 1_000 }, (_, i): Claim => ({ ...claimAt(i), mxid: '@team:example.org' }));
      await index.load('staff', pagesOf(0));
      await index.apply('staff', [], claims);
      await index.apply('staff', claims.slice(1), []);
      await index.apply('staff', [], [{ ...claimAt(1), mxid: '@boss:example.org' }]);
      expect([find(0), find(1)]).toEqual(['@team:example.org', '@boss:example.org']);
    });

    it('reads a source no faster than it can be hashed', async () => {
      let read = 0;
      const loading = index.load('staff', async function* () {
        for await (const page of pagesOf(60_000)()) {
          read += 1;
          yield page;
        }
      });
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      expect(read).toBeLessThan(20);
      await loading;
      expect(read).toBe(60);
    });

    it('lets other work run while it applies a large change', async () => {
      await index.load('staff', pagesOf(1_000));
      const applying = index.apply(
        'staff',
        [],
        Array.from({ length: 50_000 }, (_, i) => claimAt(i)),
      );
      let turns = 0;
      for (let isDone = false; !isDone; turns++) {
        isDone = await Promise.race([applying.then(() => true), setImmediate(false)]);
      }
      expect(turns).toBeGreaterThan(5);
    });

    it('rejects with a clear error when its thread ends, keeps the former content, and loads again', async () => {
      await index.load('staff', pagesOf(1_000));
      const tooLong: Claim = { ...claimAt(1), mxid: `@${'x'.repeat(300)}:example.org` };
      const loading = index.load('staff', async function* () {
        yield* pagesOf(20_000)();
        yield [tooLong];
        yield* pagesOf(20_000)();
      });
      await expect(loading).rejects.toMatchObject({
        message: 'The thread that builds the hash index failed',
        cause: new RangeError('A user ID is longer than 255 bytes'),
      });
      expect([index.size('staff').claims, find(7)]).toEqual([1_000, claimAt(7).mxid]);

      await index.load('staff', pagesOf(2_000));
      expect(index.size('staff').claims).toBe(2_000);
    });

    it('does not make a pepper live if a source cannot be read', async () => {
      let isBroken = false;
      await index.load('staff', async function* () {
        if (isBroken) throw new Error('The database is gone');
        yield* pagesOf(1_000)();
      });
      isBroken = true;
      await expect(index.prepare('other')).rejects.toThrow('The database is gone');
      expect(index.peppers()).toEqual(['pepper']);
      await index.prepare('pepper'); // already live

      isBroken = false;
      await index.prepare('other');
      expect(find(7, 'other')).toBe(claimAt(7).mxid);
    });

    it('stops a load when it is closed, and starts no other', async () => {
      const loading = index.load('staff', pagesOf(1_000_000));
      const calls = Promise.allSettled([loading, index.load('guests', pagesOf(1_000))]);
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      await index.close();
      expect(await calls).toMatchObject([
        { reason: { message: 'The thread that builds the hash index stopped before it finished' } },
        { reason: { message: 'The hash index is closed' } },
      ]);
    });
  });

  describe('compared with plain maps', () => {
    it.each([1, 2, 3])('returns the same answers for any calls in any order (seed %i)', async (seed) => {
      const compact = await lifeOf(new CompactHashIndex(), seed);
      const plain = await lifeOf(new MemoryHashIndex(), seed);
      expect(compact.length).toBeGreaterThan(15);
      expect(compact).toEqual(plain);
    });
  });
});

const SOURCES = ['staff', 'guests', 'bindings'];
const PEPPERS = ['one', 'two', 'three'];
const THREEPIDS: readonly Threepid[] = Array.from({ length: 60 }, (_, i) =>
  i % 3 === 0
    ? email(`Strauß${i}@example.org`)
    : i % 3 === 1
      ? email(`anna${i}@example.org`)
      : msisdn(`49221555${i + 10}`),
);
const CLAIMS: readonly Claim[] = THREEPIDS.flatMap((threepid) =>
  [1, 2, 3].flatMap((user): Claim[] => {
    const claim = { threepid, mxid: `@user${user}:example.org` } as const;
    return [claim, { ...claim, isCollision: true }];
  }),
);

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(chance: () => number, all: readonly T[]): T => all[Math.floor(chance() * all.length)]!;

const sample = (chance: () => number, atMost: number): Claim[] =>
  Array.from({ length: Math.floor(chance() * (atMost + 1)) }, () => pick(chance, CLAIMS));

/** Reads what is stored at the time at which each page is read. */
const readerOf = (store: ReadonlySet<Claim>, isBroken = false): ClaimReader =>
  async function* () {
    for (let at = 0; at < CLAIMS.length; at += 50) {
      yield CLAIMS.slice(at, at + 50).filter((claim) => store.has(claim));
      await setImmediate();
    }
    if (isBroken) throw new Error('Broken');
  };

/** Calls an index thousands of times, mostly concurrently. Returns its results at moments without running calls. */
async function lifeOf(index: HashIndex, seed: number): Promise<unknown[]> {
  const chance = generator(seed);
  const stores = new Map(SOURCES.map((source) => [source, new Set<Claim>()]));
  const seen: unknown[] = [];
  let outcomes: Promise<string>[] = [];
  const call = (work: Promise<void>) =>
    outcomes.push(
      work.then(
        () => 'done',
        (error: Error) => error.message,
      ),
    );

  for (let step = 0; step < 1_500; step++) {
    const source = pick(chance, SOURCES);
    const pepper = pick(chance, PEPPERS);
    const store = stores.get(source)!;
    const roll = chance();
    if (roll < 0.02) call(index.load(source, readerOf(store)));
    else if (roll < 0.025) call(index.load(source, readerOf(store, true)));
    else if (roll < 0.04) call(index.prepare(pepper));
    else if (roll < 0.05) index.retire(pepper);
    else {
      const removed = sample(chance, store.size > 80 ? 20 : 6);
      const added = sample(chance, store.size > 80 ? 3 : 8);
      for (const claim of removed) store.delete(claim);
      for (const claim of added) store.add(claim);
      call(index.apply(source, removed, added));
    }
    if (chance() < 0.1) await setImmediate();
    if (chance() < 0.02 || step === 1_499) {
      seen.push([step, await Promise.all(outcomes), everythingAbout(index)]);
      outcomes = [];
    }
  }
  await index.close();
  return seen;
}

function everythingAbout(index: HashIndex) {
  const peppers = [...index.peppers()].sort();
  const answers = SOURCES.flatMap((source) =>
    peppers.flatMap((pepper) => [
      index.size(source).claims,
      ...THREEPIDS.flatMap((threepid) => lookupHashes(threepid, pepper)).map((hash) =>
        index.find(source, pepper, hash),
      ),
    ]),
  );
  return { peppers, answers };
}
