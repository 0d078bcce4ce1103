import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AMBIGUOUS } from '../../src/domain/associations/association.js';
import type { Claim } from '../../src/domain/associations/claim.js';
import { type ClaimPage, claimText } from '../../src/domain/associations/claim-text.js';
import { lookupHash, lookupHashes } from '../../src/domain/identifiers/lookup-hash.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { email, msisdn, type Threepid } from '../../src/domain/identifiers/threepid.js';
import type { ClaimReader, HashIndex } from '../../src/ports/hash-index.js';

const anna = email('anna@example.org');
const bob = msisdn('492215551234');
const strauss = email('Strauß@example.org');
const annas: Claim = { threepid: anna, mxid: '@anna:example.org' };
const bobs: Claim = { threepid: bob, mxid: '@bob:example.org' };

const pages = (...all: ClaimPage[]): ClaimReader =>
  async function* () {
    yield* all;
  };

const many = (count: number, mxid?: Mxid): Claim[] =>
  Array.from({ length: count }, (_, i) => ({
    threepid: email(`person${i}@example.org`),
    mxid: mxid ?? `@person${i >> 1}:example.org`,
  }));

/** A reader that waits in the middle of its only page until it is opened. */
function gated(claims: readonly Claim[]) {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let isReading = () => {};
  const reading = new Promise<void>((resolve) => {
    isReading = resolve;
  });
  const reader: ClaimReader = async function* () {
    yield claims.slice(0, 1);
    isReading();
    await gate;
    yield claims.slice(1);
  };
  return { reader, reading, open };
}

const broken: ClaimReader = async function* () {
  yield [bobs];
  throw new Error('The database is gone');
};

/** What every HashIndex promises. */
export function hashIndexContract(open: () => HashIndex): void {
  describe('HashIndex contract', () => {
    let index: HashIndex;
    const find = (threepid: Threepid, pepper = 'pepper', source = 'staff') =>
      index.find(source, pepper, lookupHash(threepid, pepper));

    beforeEach(async () => {
      index = open();
      await index.prepare('pepper');
    });
    afterEach(() => index.close());

    describe('find', () => {
      it('returns the user who claims the threepid', async () => {
        await index.load('staff', pages([annas, bobs]));
        expect(find(anna)).toBe('@anna:example.org');
        expect(find(bob)).toBe('@bob:example.org');
      });

      it('finds the same if the claims are read as text', async () => {
        const collision: Claim = { threepid: email('x@example.org'), mxid: '@x:example.org', isCollision: true };
        await index.load(
          'staff',
          pages(claimText([annas, { threepid: strauss, mxid: '@s:example.org' }]), '[]', [bobs]),
        );
        await index.load('others', pages(claimText([collision])));
        expect([find(anna), find(bob)]).toEqual(['@anna:example.org', '@bob:example.org']);
        expect(lookupHashes(strauss, 'pepper').map((hash) => index.find('staff', 'pepper', hash))).toEqual([
          '@s:example.org',
          '@s:example.org',
        ]);
        expect(find(collision.threepid, 'pepper', 'others')).toBe(AMBIGUOUS);
        expect(index.size('staff').claims).toBe(3);
      });

      it('finds by the hash of the specification', async () => {
        await index.prepare('matrixrocks');
        const alice: Claim = { threepid: email('alice@example.com'), mxid: '@alice:example.org' };
        await index.load('staff', pages([alice]));
        expect(index.find('staff', 'matrixrocks', '4kenr7N9drpCJ4AfalmlGQVsOn3o2RHjkADUpXJWZUc')).toBe(alice.mxid);
      });

      it('finds an address and its alias', async () => {
        await index.load('staff', pages([{ threepid: strauss, mxid: '@strauss:example.org' }]));
        const answers = lookupHashes(strauss, 'pepper').map((hash) => index.find('staff', 'pepper', hash));
        expect(answers).toEqual(['@strauss:example.org', '@strauss:example.org']);
      });

      it('returns user IDs of any script and length', async () => {
        const names: Mxid[] = ['@zoë.日本:example.org', `@${'x'.repeat(242)}:example.org`, '@:a'];
        const claims = names.map((mxid, i) => ({ threepid: msisdn(`4922155500${i}`), mxid }));
        await index.load('staff', pages(claims));
        expect(claims.map(({ threepid }) => find(threepid))).toEqual(names);
      });

      it('finds many hashes at once, and leaves out unknown ones', async () => {
        await index.load('staff', pages([annas, bobs]));
        const hashes = [anna, email('nobody@example.org'), bob].map((threepid) => lookupHash(threepid, 'pepper'));
        const known = [
          [hashes[0], annas.mxid],
          [hashes[2], bobs.mxid],
        ];
        expect([...index.findAll('staff', 'pepper', [...hashes, 'no hash'])]).toEqual(known);
        expect(index.findAll('staff', 'other', hashes).size).toBe(0);
        expect(index.findAll('crm', 'pepper', hashes).size).toBe(0);
      });

      it('finds nothing for text that only resembles a hash, also among many hashes', async () => {
        const claims = Array.from(
          { length: 200 },
          (_, i): Claim => ({
            threepid: email(`p${i}@example.org`),
            mxid: `@p${i}:example.org`,
          }),
        );
        await index.load('staff', pages(claims));
        const hashes = claims.map(({ threepid }) => lookupHash(threepid, 'pepper'));
        const findAll = (asked: readonly string[]) => [...index.findAll('staff', 'pepper', asked).keys()];
        expect(findAll(hashes)).toEqual(hashes);
        const [hash = '', ...others] = hashes.filter((candidate) => candidate.includes('-') && candidate.includes('_'));
        const last = hash.charCodeAt(42);
        const similar = [
          hash.replaceAll('-', '+'),
          hash.replaceAll('_', '/'),
          hash.replace('-', '='),
          hash.replace('-', ' '),
          hash.replace('-', String.fromCharCode(0x100 + '-'.charCodeAt(0))),
          hash.slice(0, 42) + String.fromCharCode(last + 1),
          `${hash}=`,
          `${hash}A`,
        ];
        expect(similar.map((altered) => findAll([...others, altered]))).toEqual(similar.map(() => others));
        expect(findAll([hash.slice(0, 42), `${hash}A`, ...others])).toEqual(others);
        expect(findAll([])).toEqual([]);
      });

      it('returns an ambiguous result if two users claim a threepid', async () => {
        await index.load('staff', pages([annas, { ...bobs, threepid: anna }]));
        expect(find(anna)).toBe(AMBIGUOUS);
      });

      it('returns an ambiguous result if an alias and another address are the same', async () => {
        const lowerCased: Threepid = { medium: 'email', address: strauss.alias ?? '' };
        const claims: Claim[] = [
          { threepid: strauss, mxid: '@strauss:example.org' },
          { threepid: lowerCased, mxid: '@other:example.org' },
        ];
        await index.load('staff', pages(claims));
        expect(find(lowerCased)).toBe(AMBIGUOUS);
        expect(find(strauss)).toBe('@strauss:example.org');
      });

      it('returns an ambiguous result if two people claim the user ID', async () => {
        await index.load('staff', pages([{ ...annas, isCollision: true }]));
        expect(find(anna)).toBe(AMBIGUOUS);
      });

      it('returns an ambiguous result while one of two claims of a user is a collision', async () => {
        const shared: Claim = { ...annas, isCollision: true };
        await index.load('staff', pages([annas, shared]));
        expect(find(anna)).toBe(AMBIGUOUS);
        await index.apply('staff', [shared], []);
        expect(find(anna)).toBe('@anna:example.org');
      });

      it('does not find other hashes', async () => {
        await index.load('staff', pages([annas, bobs]));
        expect(find(email('nobody@example.org'))).toBeUndefined();
      });

      it('does not find a hash that differs in a single character, at any position', async () => {
        await index.load('staff', pages([annas]));
        const hash = lookupHash(anna, 'pepper');
        const others = Array.from(hash, (character, i) => {
          const other = character === 'A' ? 'B' : 'A';
          return hash.slice(0, i) + other + hash.slice(i + 1);
        });
        expect(others.filter((other) => index.find('staff', 'pepper', other) !== undefined)).toEqual([]);
      });

      const hash = lookupHash(anna, 'pepper');
      it.each([
        ['nothing', ''],
        ['a truncated hash', hash.slice(0, -1)],
        ['a padded hash', `${hash}=`],
        ['a hash with a character more', `${hash}A`],
        ['standard base64', Buffer.from(hash, 'base64url').toString('base64').slice(0, 43)],
        ['hexadecimal digits', Buffer.from(hash, 'base64url').toString('hex')],
        ['a hash with a space before it', ` ${hash.slice(0, -1)}`],
        ['a hash with a character of another script', `${hash.slice(0, -1)}Ł`],
        [
          'a hash of characters of another script',
          Array.from(hash, (c) => String.fromCharCode(c.charCodeAt(0) + 0x100)).join(''),
        ],
        ['a hash with surplus bits', hash.slice(0, -1) + String.fromCharCode(hash.charCodeAt(42) + 1)],
        ['a very long text', 'A'.repeat(100_000)],
      ])('finds nothing for %s', async (_case, text) => {
        await index.load('staff', pages([annas]));
        expect(index.find('staff', 'pepper', text)).toBeUndefined();
      });

      it('finds nothing in a source that was never loaded', () => {
        expect(find(anna)).toBeUndefined();
      });

      it('finds nothing under a pepper that is not live', async () => {
        await index.load('staff', pages([annas]));
        expect(find(anna, 'other')).toBeUndefined();
      });

      it('keeps sources separate', async () => {
        await index.load('staff', pages([annas]));
        await index.load('guests', pages([{ ...annas, mxid: '@guest:example.org' }, bobs]));
        expect(find(anna)).toBe('@anna:example.org');
        expect(find(anna, 'pepper', 'guests')).toBe('@guest:example.org');
        expect(find(bob)).toBeUndefined();
      });
    });

    describe('load', () => {
      it('reads all pages, whatever their size', async () => {
        const claims = many(12_000);
        await index.load('staff', pages([], claims.slice(0, 1), claims.slice(1, 9_000), [], claims.slice(9_000)));
        expect(index.size('staff').claims).toBe(12_000);
        expect(claims.every(({ threepid, mxid }) => find(threepid) === mxid)).toBe(true);
      });

      it('loads under every live pepper', async () => {
        await index.prepare('other');
        await index.load('staff', pages([annas]));
        expect([find(anna, 'pepper'), find(anna, 'other')]).toEqual(['@anna:example.org', '@anna:example.org']);
      });

      it('replaces the former content', async () => {
        await index.load('staff', pages([annas]));
        await index.load('staff', pages([bobs]));
        expect(find(anna)).toBeUndefined();
        expect(find(bob)).toBe('@bob:example.org');
      });

      it('can empty a source', async () => {
        await index.load('staff', pages([annas]));
        await index.load('staff', pages());
        expect(find(anna)).toBeUndefined();
        expect(index.size('staff').claims).toBe(0);
      });

      it('keeps the former content until loading is done', async () => {
        await index.load('staff', pages([annas]));
        const { reader, reading, open: openGate } = gated([bobs]);
        const loading = index.load('staff', reader);
        await reading;
        expect([find(anna), find(bob)]).toEqual(['@anna:example.org', undefined]);
        openGate();
        await loading;
        expect([find(anna), find(bob)]).toEqual([undefined, '@bob:example.org']);
      });

      it('rejects with the error of the reader, and keeps the former content', async () => {
        await index.load('staff', pages([annas]));
        await expect(index.load('staff', broken)).rejects.toThrow('The database is gone');
        expect([find(anna), find(bob)]).toEqual(['@anna:example.org', undefined]);
      });

      it('changes remaining claims again', async () => {
        await index.load('staff', pages([annas]));
        const { reader, reading, open: openGate } = gated([]);
        const loading = index.load('staff', async function* () {
          yield* reader();
          throw new Error('The database is gone');
        });
        await reading;
        await index.apply('staff', [annas], [bobs]);
        openGate();
        await expect(loading).rejects.toThrow('The database is gone');
        expect([find(anna), find(bob)]).toEqual([undefined, '@bob:example.org']);
      });

      it('does not know a source whose first load failed', async () => {
        await expect(index.load('staff', broken)).rejects.toThrow('The database is gone');
        await index.apply('staff', [], [annas]);
        expect([find(anna), find(bob)]).toEqual([undefined, undefined]);
      });

      it('keeps the result of the last of several calls', async () => {
        const slow = gated([annas]);
        const first = index.load('staff', slow.reader);
        const second = index.load('staff', pages([bobs]));
        await slow.reading;
        slow.open();
        await Promise.all([first, second]);
        expect([find(anna), find(bob)]).toEqual([undefined, '@bob:example.org']);
      });

      it('includes changes that are applied in the meantime', async () => {
        await index.load('staff', pages([]));
        const { reader, reading, open: openGate } = gated([annas]);
        const loading = index.load('staff', reader);
        const early = index.apply('staff', [], many(10));
        await reading;
        await index.apply('staff', [annas], [bobs]);
        openGate();
        const late = index.apply('staff', many(5), []);
        await Promise.all([loading, early, late]);
        const found = many(10).map(({ threepid }) => find(threepid) !== undefined);
        expect([find(anna), find(bob)]).toEqual([undefined, '@bob:example.org']);
        expect(found).toEqual([...Array(5).fill(false), ...Array(5).fill(true)]);
      });

      it('includes changes that are applied during the first load', async () => {
        const { reader, reading, open: openGate } = gated([annas]);
        const loading = index.load('staff', reader);
        await reading;
        await index.apply('staff', [], [bobs]);
        openGate();
        await loading;
        expect([find(anna), find(bob)]).toEqual(['@anna:example.org', '@bob:example.org']);
      });
    });

    describe('apply', () => {
      beforeEach(() => index.load('staff', pages([annas])));

      it('changes the result of the next find', async () => {
        await index.apply('staff', [annas], [bobs]);
        expect([find(anna), find(bob)]).toEqual([undefined, '@bob:example.org']);
      });

      it('changes every live pepper', async () => {
        await index.load('staff', pages([annas, bobs]));
        await index.prepare('other');
        await index.apply('staff', [annas], []);
        expect([find(anna, 'pepper'), find(anna, 'other'), find(bob, 'other')]).toEqual([
          undefined,
          undefined,
          bobs.mxid,
        ]);
      });

      it('removes an alias with its address, and nothing more', async () => {
        const claim: Claim = { threepid: strauss, mxid: '@strauss:example.org' };
        await index.apply('staff', [], [claim]);
        await index.apply('staff', [claim], []);
        const answers = lookupHashes(strauss, 'pepper').map((hash) => index.find('staff', 'pepper', hash));
        expect([...answers, find(anna)]).toEqual([undefined, undefined, '@anna:example.org']);
      });

      it('adds a claim once if it is added twice', async () => {
        await index.apply('staff', [], [bobs, bobs]);
        await index.apply('staff', [], [annas, bobs]);
        expect(index.size('staff').claims).toBe(2);
        await index.apply('staff', [bobs], []);
        expect(find(bob)).toBeUndefined();
      });

      it('removes a claim only from its own user', async () => {
        await index.apply('staff', [{ ...bobs, threepid: anna }], []);
        expect(find(anna)).toBe('@anna:example.org');
      });

      it('distinguishes a claim with a collision from one without', async () => {
        await index.apply('staff', [{ ...annas, isCollision: true }], []);
        expect(find(anna)).toBe('@anna:example.org');
      });

      it('ends the ambiguity when one of two claims is removed', async () => {
        const rival: Claim = { ...bobs, threepid: anna };
        await index.apply('staff', [], [rival]);
        expect(find(anna)).toBe(AMBIGUOUS);
        await index.apply('staff', [annas], []);
        expect(find(anna)).toBe('@bob:example.org');
      });

      it('keeps a claim that is removed and added in one change', async () => {
        await index.apply('staff', [annas, bobs], [annas]);
        expect(find(anna)).toBe('@anna:example.org');
      });

      it('always finds a claim that is removed and added in one change', async () => {
        const claims = many(20_000);
        await index.load('staff', pages(claims));
        let isDone = false;
        const applying = index.apply('staff', claims, [...claims].reverse()).finally(() => {
          isDone = true;
        });
        let misses = 0;
        while (!isDone) {
          for (let i = 0; i < claims.length; i += 97) if (find(claims[i]!.threepid) !== claims[i]!.mxid) misses += 1;
          await setImmediate();
        }
        await applying;
        expect(misses).toBe(0);
      });

      it('handles calls in their order', async () => {
        const claims = many(3_000);
        await Promise.all([
          index.apply('staff', [], claims),
          index.apply('staff', claims.slice(1), []),
          index.apply('staff', claims.slice(0, 2), claims.slice(2, 3)),
        ]);
        expect(claims.filter(({ threepid }) => find(threepid) !== undefined)).toEqual([claims[2]]);
      });

      it('grows to many times its size, and shrinks', async () => {
        const claims = many(20_000, '@one:example.org');
        await index.apply('staff', [], claims);
        expect(index.size('staff').claims).toBe(20_001);
        expect(claims.every(({ threepid }) => find(threepid) === '@one:example.org')).toBe(true);
        await index.apply('staff', claims, []);
        expect(index.size('staff').claims).toBe(1);
        expect(claims.some(({ threepid }) => find(threepid) !== undefined)).toBe(false);
        expect(find(anna)).toBe('@anna:example.org');
      });

      it('ignores a source that was never loaded', async () => {
        await index.apply('guests', [], [bobs]);
        expect(find(bob, 'pepper', 'guests')).toBeUndefined();
        expect(find(bob)).toBeUndefined();
      });
    });

    describe('prepare', () => {
      it('makes a pepper live for every loaded source', async () => {
        await index.load('staff', pages([annas]));
        await index.load('guests', pages([bobs]));
        await index.prepare('other');
        expect(index.peppers()).toEqual(['pepper', 'other']);
        expect([find(anna, 'other'), find(bob, 'other', 'guests')]).toEqual(['@anna:example.org', '@bob:example.org']);
        expect(find(anna, 'pepper')).toBe('@anna:example.org');
      });

      it('does not make a pepper live before it is completely prepared', async () => {
        const claims = many(5_000);
        await index.load('staff', pages(claims));
        const preparing = index.prepare('other');
        const last = claims.at(-1)!;
        while (!index.peppers().includes('other')) {
          expect(find(last.threepid, 'other')).toBeUndefined();
          await setImmediate();
        }
        expect(claims.every(({ threepid, mxid }) => find(threepid, 'other') === mxid)).toBe(true);
        await preparing;
      });

      it('includes changes that are applied in the meantime', async () => {
        const claims = many(5_000);
        await index.load('staff', pages([annas, ...claims]));
        const preparing = index.prepare('other');
        const changes = [index.apply('staff', [annas], [bobs])];
        for (const claim of claims.slice(0, 100)) {
          changes.push(index.apply('staff', [claim], [{ ...claim, mxid: '@new:example.org' }]));
          await setImmediate();
        }
        await Promise.all([preparing, ...changes]);
        expect([find(anna, 'other'), find(bob, 'other')]).toEqual([undefined, '@bob:example.org']);
        expect(claims.map(({ threepid }) => find(threepid, 'other'))).toEqual(
          claims.map(({ mxid }, i) => (i < 100 ? '@new:example.org' : mxid)),
        );
      });

      it('includes a source that is being loaded', async () => {
        const { reader, reading, open: openGate } = gated([annas, bobs]);
        const loading = index.load('staff', reader);
        await reading;
        const preparing = index.prepare('other');
        openGate();
        await Promise.all([loading, preparing]);
        expect([find(anna, 'other'), find(bob, 'other')]).toEqual(['@anna:example.org', '@bob:example.org']);
      });

      it('changes nothing for a pepper that is already live', async () => {
        await index.load('staff', pages([annas]));
        await Promise.all([index.prepare('pepper'), index.prepare('other'), index.prepare('other')]);
        expect(index.peppers()).toEqual(['pepper', 'other']);
        expect([find(anna, 'pepper'), find(anna, 'other')]).toEqual(['@anna:example.org', '@anna:example.org']);
      });
    });

    describe('retire', () => {
      beforeEach(async () => {
        await index.load('staff', pages(many(1_000)));
        await index.prepare('other');
      });
      const [{ threepid, mxid }] = many(1) as [Claim];

      it('removes a pepper and no other', () => {
        index.retire('pepper');
        expect(index.peppers()).toEqual(['other']);
        expect([find(threepid, 'pepper'), find(threepid, 'other')]).toEqual([undefined, mxid]);
      });

      it('releases memory', () => {
        const before = index.size('staff').bytes;
        index.retire('pepper');
        expect(index.size('staff').bytes).toBeLessThan(before * 0.75);
      });

      it('does nothing for a pepper that is not live', () => {
        index.retire('third');
        expect(index.peppers()).toEqual(['pepper', 'other']);
      });

      it('stops a pepper that is being prepared', async () => {
        const preparing = index.prepare('third');
        index.retire('third');
        await preparing;
        expect(index.peppers()).toEqual(['pepper', 'other']);
        expect(find(threepid, 'third')).toBeUndefined();
      });

      it('keeps a pepper that is prepared again', async () => {
        const first = index.prepare('third');
        index.retire('third');
        await Promise.all([first, index.prepare('third')]);
        expect(find(threepid, 'third')).toBe(mxid);
      });

      it('removes a pepper under which a source is being loaded', async () => {
        const { reader, reading, open: openGate } = gated([annas]);
        const loading = index.load('staff', reader);
        await reading;
        index.retire('pepper');
        openGate();
        await loading;
        expect([find(anna, 'pepper'), find(anna, 'other')]).toEqual([undefined, '@anna:example.org']);
      });

      it('loses no change while a pepper is prepared again', async () => {
        const claims = many(1_000);
        await index.load('staff', async function* () {
          yield claims;
        });
        index.retire('pepper');
        const [gone] = claims.splice(0, 1) as [Claim];
        await index.apply('staff', [gone], []);
        await index.prepare('pepper');
        expect([find(gone.threepid), index.size('staff').claims]).toEqual([undefined, 999]);
      });
    });

    describe('size', () => {
      it('counts the claims of a source, without their aliases', async () => {
        await index.load('staff', pages([annas, { threepid: strauss, mxid: '@strauss:example.org' }]));
        await index.load('guests', pages([bobs]));
        await index.prepare('other');
        expect([index.size('staff').claims, index.size('guests').claims]).toEqual([2, 1]);
      });

      it('counts more bytes for more claims, and for more peppers', async () => {
        await index.load('staff', pages(many(2_000)));
        const few = index.size('staff').bytes;
        await index.load('staff', pages(many(10_000)));
        const more = index.size('staff').bytes;
        await index.prepare('other');
        expect([few > 0, more > few, index.size('staff').bytes > more]).toEqual([true, true, true]);
      });

      it('is zero for a source that was never loaded', () => {
        expect(index.size('staff')).toEqual({ claims: 0, bytes: 0 });
      });
    });
  });
}
