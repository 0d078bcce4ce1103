import type { ChangeFeed } from '../../ports/change-feed.js';
import type { ClaimReader, HashIndex } from '../../ports/hash-index.js';
import { AMBIGUOUS } from '../associations/association.js';
import { lookupHash } from '../identifiers/lookup-hash.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { Threepid } from '../identifiers/threepid.js';

/** Updates the hash index when stored claims change: by this server, the CLI or another instance. */
export class IndexUpdater {
  private position = 0;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  /** Sources that were loaded already with what the next reload of theirs is about. */
  private readonly preloaded = new Set<string>();

  /** @param readers how to read all claims of each source that takes part in hashed lookups */
  constructor(
    private readonly feed: ChangeFeed,
    private readonly index: HashIndex,
    private readonly readers: ReadonlyMap<string, ClaimReader>,
  ) {}

  /** Loads every source as it is stored. */
  async start(): Promise<void> {
    // Taken first: what changes while we read is read again, and claims are a set.
    this.position = await this.feed.position();
    this.preloaded.clear();
    for (const [source, reader] of this.readers) await this.index.load(source, reader);
  }

  /** Resolves when lookups see everything that was stored before the call. */
  catchUp(): Promise<void> {
    // One run is under way and may have read already: callers share the one after it.
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        this.running = this.follow();
        return this.running;
      });
    return this.next;
  }

  /**
   * Loads a source with what is just being stored as a reload, beside the storing. If that fails,
   * the source is loaded as it was.
   *
   * @param claims makes a reader that may give in place of the stored claims what they will be
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

  /** Whose an address is by the claims of a source that are loaded; `undefined` if nobody's, or contested. */
  whose(source: string, threepid: Threepid): Mxid | undefined {
    const [pepper] = this.index.peppers();
    const answer = pepper === undefined ? undefined : this.index.find(source, pepper, lookupHash(threepid, pepper));
    return answer === AMBIGUOUS ? undefined : answer;
  }

  private async follow(): Promise<void> {
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
