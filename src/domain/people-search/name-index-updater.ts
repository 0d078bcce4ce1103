import type { ChangeFeed } from '../../ports/change-feed.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { NameIndex } from '../../ports/name-index.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import { CoalescedTask } from '../shared/coalesced-task.js';
import { unambiguousPeople, type PeopleRules } from './people-of-entries.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { SearchablePerson } from './searchable-person.js';

/** If more changes than this were applied since the last load, all people are reloaded. */
const MOST_APPLIED = 2_000;

/** The number of people with several entries who are read at once: others get a turn after them. */
const PEOPLE_AT_ONCE = 100;

/** Updates the name index when the stored mirrors change, whichever process changed them. */
export class NameIndexUpdater {
  private position = 0;
  private isLoaded = false;
  private readonly updates = new CoalescedTask(() => this.applyNews());

  constructor(
    private readonly feed: Pick<ChangeFeed, 'position' | 'since'>,
    private readonly index: NameIndex,
    private readonly mirrors: MirrorStore,
    private readonly rules: PeopleRules,
  ) {}

  /**
   * Loads all people as stored. Searches return nobody until the load is complete. If it fails, `catchUp` tries again.
   */
  start(): Promise<void> {
    return this.updates.waitFor(this.loadAll());
  }

  /** Resolves when searches include everything that was stored before the call. */
  catchUp(): Promise<void> {
    return this.updates.run();
  }

  private async applyNews(): Promise<void> {
    const news = this.isLoaded ? await this.feed.since(this.position) : undefined;
    if (!news || news.changes.some(({ isReload }) => isReload)) return this.loadAll();
    const changed = new Set(news.changes.flatMap(({ people = [] }) => people));
    if (changed.size > 0) {
      const people = unambiguousPeople(await this.mirrors.findByMxid([...changed]), this.rules);
      for (const { mxid } of people) changed.delete(mxid);
      this.index.apply([...changed], people);
    }
    this.position = news.position;
    if (this.index.size().applied > MOST_APPLIED) await this.loadAll();
  }

  private async loadAll(): Promise<void> {
    // Taken first: changes during the load are read again.
    const position = await this.feed.position();
    await this.index.load(() => this.searchablePeople());
    this.position = position;
    this.isLoaded = true;
  }

  private async *searchablePeople(): AsyncIterable<readonly SearchablePerson[]> {
    const { mirrors, rules } = this;
    const repeated = new Set<Mxid>();
    for (const mxids of slices(await mirrors.repeatedMxids(), PEOPLE_AT_ONCE)) {
      for (const mxid of mxids) repeated.add(mxid);
      yield unambiguousPeople(await mirrors.findByMxid(mxids), rules);
    }
    for (const source of rules.sources) {
      for await (const entries of mirrors.entries(source)) {
        const single = entries.filter(({ person }) => person !== undefined && !repeated.has(person.mxid));
        yield unambiguousPeople(
          single.map((entry): SourcedEntry => ({ ...entry, source })),
          rules,
        );
      }
    }
  }
}

function* slices<T>(all: readonly T[], size: number): Iterable<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
