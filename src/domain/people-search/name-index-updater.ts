import type { ChangeFeed } from '../../ports/change-feed.js';
import type { MirrorStore } from '../../ports/mirror-store.js';
import type { NameIndex } from '../../ports/name-index.js';
import type { SourcedEntry } from '../directory/directory-entry.js';
import { unambiguousPeople, type PeopleRules } from './people-of-entries.js';
import type { Mxid } from '../identifiers/mxid.js';
import type { SearchablePerson } from './searchable-person.js';

/** With more than this beside what was loaded, everybody is loaded anew. */
const MOST_APPLIED = 2_000;

/** Understood between two looks at what else there is to do. */
const PEOPLE_AT_ONCE = 250;

/** Keeps the name index in step with the stored mirrors, whoever changes them. */
export class NameIndexUpdater {
  private position = 0;
  private isLoaded = false;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(
    private readonly feed: Pick<ChangeFeed, 'position' | 'since'>,
    private readonly index: NameIndex,
    private readonly mirrors: MirrorStore,
    private readonly rules: PeopleRules,
  ) {}

  /** Loads everybody as they are stored. Until that is done nobody is found. If it fails, `catchUp` tries again. */
  start(): Promise<void> {
    this.running = this.loadAll();
    return this.running;
  }

  /** Resolves when searches see everything that was stored before the call. */
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

  private async follow(): Promise<void> {
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
    // Taken first: what changes while it is read is read again.
    const position = await this.feed.position();
    await this.index.load(() => this.everybody());
    this.position = position;
    this.isLoaded = true;
  }

  private async *everybody(): AsyncIterable<readonly SearchablePerson[]> {
    const { mirrors, rules } = this;
    const repeated = new Set<Mxid>(await mirrors.repeatedMxids());
    yield unambiguousPeople(await mirrors.findByMxid([...repeated]), rules);
    for (const source of rules.sources) {
      for await (const entries of mirrors.entries(source)) {
        for (let at = 0; at < entries.length; at += PEOPLE_AT_ONCE) {
          const few = entries.slice(at, at + PEOPLE_AT_ONCE);
          const single = few.filter(({ person }) => person !== undefined && !repeated.has(person.mxid));
          yield unambiguousPeople(
            single.map((entry): SourcedEntry => ({ ...entry, source })),
            rules,
          );
        }
      }
    }
  }
}
