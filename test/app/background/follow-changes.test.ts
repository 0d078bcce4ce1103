import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followChanges } from '../../../src/app/background/follow-changes.js';
import { IndexUpdater } from '../../../src/domain/hash-index/index-updater.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import type { Changes } from '../../../src/ports/change-feed.js';
import { alice, FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { MemoryChangeFeed } from '../../support/memory/change-feed.js';
import { MemoryHashIndex } from '../../support/memory/hash-index.js';

const threepid = email('a@example.org');

/** A feed on a database that is down at times. */
class InterruptedFeed extends MemoryChangeFeed {
  isAway = false;

  override async since(position: number): Promise<Changes | undefined> {
    if (this.isAway) throw new Error('the database is away');
    return super.since(position);
  }
}

describe('an instance that follows the changes of others', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function instance() {
    const feed = new InterruptedFeed(new FakeClock());
    const index = new MemoryHashIndex();
    await index.prepare('pepper');
    const noOne = async function* () {
      yield [];
    };
    const updater = new IndexUpdater(feed, index, new Map([['bindings', noOne]]));
    await updater.start();
    const telemetry = new RecordingTelemetry();
    const following = followChanges(feed, [updater], telemetry);
    const bind = () =>
      feed.write([{ source: 'bindings', removed: [], added: [{ threepid, mxid: alice }], isReload: false }]);
    const found = () => index.find('bindings', 'pepper', lookupHash(threepid, 'pepper'));
    const failures = () => telemetry.events.filter(({ event }) => event === 'change_feed_failed');
    return { feed, following, bind, found, failures };
  }

  it('finds a binding that was announced while the database was away, without another change', async () => {
    const { feed, bind, found, failures } = await instance();
    feed.isAway = true;
    bind();
    await vi.advanceTimersByTimeAsync(3_500);
    expect(found()).toBeUndefined();
    expect(failures()).toHaveLength(1);
    feed.isAway = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(found()).toBe(alice);
    feed.isAway = true;
    bind();
    await vi.advanceTimersByTimeAsync(0);
    expect(failures()).toHaveLength(2);
  });

  it('stops retrying after it was closed', async () => {
    const { feed, following, bind, found } = await instance();
    feed.isAway = true;
    bind();
    await vi.advanceTimersByTimeAsync(0);
    following.close();
    feed.isAway = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(found()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});
