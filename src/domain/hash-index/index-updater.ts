import type { ChangeFeed } from '../../ports/change-feed.js';
import type { ClaimReader, HashIndex } from '../../ports/hash-index.js';
import { AMBIGUOUS } from '../associations/association.js';
import { lookupHash } from '../identifiers/lookup-hash.js';
import type { Mxid } from '../identifiers/mxid.js';
import { CoalescedTask } from '../shared/coalesced-task.js';
import type { Threepid } from '../identifiers/threepid.js';

/** Updates the hash index when stored claims change: by this server, the CLI or another instance. */
export class IndexUpdater {
  private position = 0;
  private readonly updates = new CoalescedTask(() => this.applyNews());
  /** Sources that were already loaded with the content of their next reload. */
  private readonly preloaded = new Set<string>();

  /** @param readers read all claims of each source that takes part in hashed lookups */
  constructor(
    private readonly feed: ChangeFeed,
    private readonly index: HashIndex,
    private readonly readers: ReadonlyMap<string, ClaimReader>,
  ) {}

  /** Loads every source as stored. */
  async start(): Promise<void> {
    // Taken first: changes during the load are read again, which is harmless because claims are a set.
    this.position = await this.feed.position();
    this.preloaded.clear();
    for (const [source, reader] of this.readers) await this.index.load(source, reader);
  }

  /** Resolves when lookups include everything that was stored before the call. */
  catchUp(): Promise<void> {
    return this.updates.run();
  }

  /**
   * Loads a source with the claims that are just being stored as a reload, in parallel with the storing. If storing
   * fails, the source is loaded as it was.
   *
   * @param claims returns a reader of the future claims, given the reader of the stored ones
   */
  async loadWhile(source: string, claims: (stored: ClaimReader) => ClaimReader, storing: Promise<void>): Promise<void> {
    const stored = this.readers.get(source);
    if (!stored) return storing;
    this.preloaded.add(source);
    try {
      await Promise.all([storing, this.index.load(source, claims(stored))]);
    } catch (error) {
      this.preloaded.delete(source);
      await storing.catch(() => undefined);
      await this.index.load(source, stored);
      throw error;
    }
  }

  /**
   * The user of an address according to the loaded claims of a source; `undefined` if there is none, or it is
   * ambiguous.
   */
  ownerOf(source: string, threepid: Threepid): Mxid | undefined {
    const [pepper] = this.index.peppers();
    const answer = pepper === undefined ? undefined : this.index.find(source, pepper, lookupHash(threepid, pepper));
    return answer === AMBIGUOUS ? undefined : answer;
  }

  private async applyNews(): Promise<void> {
    const news = await this.feed.since(this.position);
    if (!news) return this.start();
    for (const { source, removed, added, isReload } of news.changes) {
      const reader = this.readers.get(source);
      if (!reader) continue;
      if (isReload) {
        if (!this.preloaded.delete(source)) await this.index.load(source, reader);
      } else await this.index.apply(source, removed, added);
    }
    this.position = news.position;
  }
}
