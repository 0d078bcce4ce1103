import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryChangeFeed } from '../../support/memory/change-feed.js';
import { MemoryHashIndex } from '../../support/memory/hash-index.js';
import type { Claim } from '../../../src/domain/associations/claim.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { IndexUpdater } from '../../../src/domain/hash-index/index-updater.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import type { Changes } from '../../../src/ports/change-feed.js';
import { alice, bob, FakeClock } from '../../support/fakes.js';

const claim = (name: string, mxid: Mxid): Claim => ({ threepid: email(`${name}@example.org`), mxid });

/** Claims of two sources, stored with a change feed like in the stores. */
class Stored {
  readonly claims = new Map<string, readonly Claim[]>([
    ['staff', []],
    ['guests', []],
  ]);
  /** How often each source was read. */
  readonly reads: string[] = [];

  constructor(readonly feed: MemoryChangeFeed) {}

  change(source: string, removed: readonly Claim[], added: readonly Claim[], isReload = false): void {
    const gone = new Set(removed.map((item) => JSON.stringify(item)));
    const stay = (this.claims.get(source) ?? []).filter((item) => !gone.has(JSON.stringify(item)));
    this.claims.set(source, [...stay, ...added]);
    this.feed.write([{ source, removed, added, isReload }]);
  }

  readers() {
    return new Map(
      [...this.claims.keys()].map((source) => [
        source,
        async function* (this: Stored) {
          this.reads.push(source);
          yield this.claims.get(source) ?? [];
        }.bind(this),
      ]),
    );
  }
}

const settle = () => new Promise(setImmediate);

describe('IndexUpdater', () => {
  let clock: FakeClock;
  let feed: MemoryChangeFeed;
  let stored: Stored;

  beforeEach(() => {
    clock = new FakeClock();
    feed = new MemoryChangeFeed(clock);
    stored = new Stored(feed);
  });

  const instance = async () => {
    const index = new MemoryHashIndex();
    await index.prepare('pepper');
    const indexUpdater = new IndexUpdater(feed, index, stored.readers());
    const found = (name: string, source = 'staff') =>
      index.find(source, 'pepper', lookupHash(email(`${name}@example.org`), 'pepper'));
    return { index, keeper: indexUpdater, found };
  };

  const started = async () => {
    const instanceA = await instance();
    await instanceA.keeper.start();
    return instanceA;
  };

  it('loads every source as it is stored', async () => {
    stored.change('staff', [], [claim('a', alice)]);
    stored.change('guests', [], [claim('b', bob)]);
    const { found } = await started();
    expect(found('a')).toBe(alice);
    expect(found('b', 'guests')).toBe(bob);
    expect(stored.reads.toSorted()).toEqual(['guests', 'staff']);
  });

  it('has nothing before it starts', async () => {
    stored.change('staff', [], [claim('a', alice)]);
    expect((await instance()).found('a')).toBeUndefined();
  });

  it('applies removed and added claims in order, without reading other data', async () => {
    const { keeper: indexUpdater, found } = await started();
    stored.reads.length = 0;
    stored.change('staff', [], [claim('a', alice), claim('b', bob)]);
    stored.change('staff', [claim('a', alice)], [claim('a', bob)]);
    stored.change('guests', [], [claim('c', alice)]);
    await indexUpdater.catchUp();
    expect([found('a'), found('b'), found('c', 'guests')]).toEqual([bob, bob, alice]);

    stored.change('staff', [claim('a', bob)], []);
    await indexUpdater.catchUp();
    expect([found('a'), found('b')]).toEqual([undefined, bob]);
    expect(stored.reads).toEqual([]);
  });

  it('applies each change once', async () => {
    const { keeper: indexUpdater, index } = await started();
    const applied: number[] = [];
    const apply = index.apply.bind(index);
    index.apply = (source, removed, added) => {
      applied.push(added.length);
      return apply(source, removed, added);
    };
    stored.change('staff', [], [claim('a', alice)]);
    await indexUpdater.catchUp();
    stored.change('staff', [], [claim('b', bob), claim('c', bob)]);
    await indexUpdater.catchUp();
    await indexUpdater.catchUp();
    expect(applied).toEqual([1, 2]);
  });

  it('includes changes that another instance stores', async () => {
    const [instanceA, instanceB] = [await started(), await started()];
    stored.change('staff', [], [claim('a', alice)]);
    await instanceA.keeper.catchUp();
    expect(instanceB.found('a')).toBeUndefined();
    await instanceB.keeper.catchUp();
    expect(instanceB.found('a')).toBe(alice);
  });

  it('reloads a source on request', async () => {
    const { keeper: indexUpdater, found } = await started();
    stored.reads.length = 0;
    stored.claims.set('staff', [claim('a', alice)]);
    feed.write([{ source: 'staff', removed: [], added: [], isReload: true }]);
    stored.change('guests', [], [claim('b', bob)]);
    await indexUpdater.catchUp();
    expect([found('a'), found('b', 'guests')]).toEqual([alice, bob]);
    expect(stored.reads).toEqual(['staff']);
  });

  it('reloads everything if changes are no longer stored', async () => {
    const { keeper: indexUpdater, found } = await started();
    stored.change('staff', [], [claim('a', alice)]);
    stored.change('guests', [], [claim('b', bob)]);
    clock.pass(1);
    await feed.purge(clock.now());
    stored.change('staff', [claim('a', alice)], [claim('c', alice)]);
    stored.reads.length = 0;
    await indexUpdater.catchUp();
    expect([found('a'), found('c'), found('b', 'guests')]).toEqual([undefined, alice, bob]);
    expect(stored.reads.toSorted()).toEqual(['guests', 'staff']);

    stored.change('staff', [], [claim('d', bob)]);
    stored.reads.length = 0;
    await indexUpdater.catchUp();
    expect(found('d')).toBe(bob);
    expect(stored.reads).toEqual([]);
  });

  it('ignores changes of sources that this instance does not use', async () => {
    const { keeper: indexUpdater, found } = await started();
    stored.change('former', [], [claim('a', alice)], true);
    stored.change('former', [], [claim('a', alice)]);
    stored.change('staff', [], [claim('b', bob)]);
    await indexUpdater.catchUp();
    expect([found('a', 'former'), found('b')]).toEqual([undefined, bob]);
  });

  it('reads changes again that were stored while it started', async () => {
    const { keeper: indexUpdater, found, index } = await instance();
    const load = index.load.bind(index);
    index.load = async (source, reader) => {
      await load(source, reader);
      // Stored after the reader has read this source.
      if (source === 'staff') stored.change('staff', [], [claim('late', alice)]);
    };
    await indexUpdater.start();
    expect(found('late')).toBeUndefined();
    await indexUpdater.catchUp();
    expect(found('late')).toBe(alice);
  });

  describe('catching up', () => {
    /** A feed that answers when the test says so, with the content at the time of the request. */
    const slowly = () => {
      const asked: (() => void)[] = [];
      const since = feed.since.bind(feed);
      feed.since = async (position): Promise<Changes | undefined> => {
        const news = await since(position);
        await new Promise<void>((answer) => asked.push(answer));
        return news;
      };
      return asked;
    };

    it('ends once everything is read that was stored before the call, even if a run has already read the feed', async () => {
      const { keeper: indexUpdater, found } = await started();
      const asked = slowly();
      stored.change('staff', [], [claim('a', alice)]);
      const first = indexUpdater.catchUp();
      await settle();
      stored.change('staff', [], [claim('b', bob)]);
      const second = indexUpdater.catchUp();

      asked[0]?.();
      await first;
      expect([found('a'), found('b')]).toEqual([alice, undefined]);
      await settle();
      asked[1]?.();
      await second;
      expect(found('b')).toBe(bob);
    });

    it('shares one run between all calls that arrive during another run', async () => {
      const { keeper: indexUpdater } = await started();
      const asked = slowly();
      const first = indexUpdater.catchUp();
      await settle();
      const others = Promise.all([indexUpdater.catchUp(), indexUpdater.catchUp(), indexUpdater.catchUp()]);
      asked[0]?.();
      await first;
      await settle();
      asked[1]?.();
      await others;
      expect(asked).toHaveLength(2);
    });

    it('fails for the calls of a failed run, and works for the next', async () => {
      const { keeper: indexUpdater, found } = await started();
      stored.change('staff', [], [claim('a', alice)]);
      const since = feed.since.bind(feed);
      feed.since = () => Promise.reject(new Error('the database is gone'));
      await expect(Promise.all([indexUpdater.catchUp(), indexUpdater.catchUp()])).rejects.toThrow(
        'the database is gone',
      );

      feed.since = since;
      await indexUpdater.catchUp();
      expect(found('a')).toBe(alice);
    });

    it('starts again after a failure in the middle', async () => {
      const { keeper: indexUpdater, found, index } = await started();
      stored.change('staff', [], [claim('a', alice)]);
      stored.change('guests', [], [claim('b', bob)]);
      const apply = index.apply.bind(index);
      index.apply = async (source, ...change) => {
        if (source === 'guests') throw new Error('the thread is gone');
        await apply(source, ...change);
      };
      await expect(indexUpdater.catchUp()).rejects.toThrow('the thread is gone');

      index.apply = apply;
      await indexUpdater.catchUp();
      expect([found('a'), found('b', 'guests')]).toEqual([alice, bob]);
    });
  });
});
