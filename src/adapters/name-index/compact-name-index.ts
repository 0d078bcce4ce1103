import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { PersonHit, SearchablePerson, WordMatch } from '../../domain/people-search/searchable-person.js';
import type { Spellings } from '../../domain/people-search/search-words.js';
import { serialQueue } from '../../domain/shared/serial-queue.js';
import type { NameFindings, NameIndex, PeopleReader } from '../../ports/name-index.js';
import { buildSegment } from './build-segment.js';
import { matchWords, type PersonWords, scoreWords, wordsOf } from './person-words.js';
import { Segment } from './segment.js';

interface Change {
  readonly removed: readonly Mxid[];
  readonly put: readonly SearchablePerson[];
}

interface Applied {
  readonly person: SearchablePerson;
  readonly words: PersonWords;
}

/** A hit with its sort keys. */
interface Ranked {
  readonly hit: PersonHit;
  readonly key: string;
}

/** Approximate memory of a changed person, in addition to their words and texts. */
const APPLIED_BYTES = 400;

/**
 * About 120 bytes per person in addition to their name, in memory that the garbage collector does not scan: one segment
 * built by a worker thread. People who have changed since are kept as objects.
 */
export class CompactNameIndex implements NameIndex {
  private segment = new Segment();
  private applied = new Map<Mxid, Applied>();
  /** Changes applied since the start of the running loads. */
  private readonly pending = new Set<Change[]>();
  private readonly inTurn = serialQueue();
  private readonly interruption = new AbortController();

  async load(people: PeopleReader): Promise<void> {
    const changes: Change[] = [];
    this.pending.add(changes);
    try {
      const segment = await this.inTurn(() => buildSegment(people, this.interruption.signal));
      this.segment = segment;
      this.applied = new Map();
      for (const change of changes) this.take(change);
    } finally {
      this.pending.delete(changes);
    }
  }

  apply(removed: readonly Mxid[], put: readonly SearchablePerson[]): void {
    const change = { removed, put };
    for (const changes of this.pending) changes.push(change);
    this.take(change);
  }

  find(terms: readonly Spellings[], most: number): NameFindings {
    const { people, total } = this.segment.find(terms, most);
    const fromSegment = people.map(({ person, score }) => this.segment.hitOf(person, score));
    const others = this.findApplied(terms);
    if (others.length === 0) return { hits: fromSegment, total };
    const ranked = fromSegment.map((hit, at): Ranked => ({ hit, key: this.segment.wordsOf(people[at]!.person).key }));
    const hits = [...ranked, ...others].sort(byRank).map(({ hit }) => hit);
    return { hits: hits.slice(0, most), total: total + others.length };
  }

  get(mxid: Mxid): PersonHit | undefined {
    const applied = this.applied.get(mxid);
    if (applied) return hitOf(applied.person, 0);
    const person = this.segment.personOf(mxid);
    return person < 0 ? undefined : this.segment.hitOf(person, 0);
  }

  matchesOf(mxid: Mxid, terms: readonly Spellings[]): readonly WordMatch[] {
    const person = this.segment.personOf(mxid);
    const words = this.applied.get(mxid)?.words ?? (person < 0 ? undefined : this.segment.wordsOf(person));
    return words ? matchWords(words, terms) : [];
  }

  size(): { readonly people: number; readonly bytes: number; readonly applied: number } {
    const { applied, segment } = this;
    return {
      people: segment.live + applied.size,
      bytes: segment.bytes + applied.size * APPLIED_BYTES,
      applied: applied.size,
    };
  }

  async close(): Promise<void> {
    this.interruption.abort();
    await this.inTurn(async () => undefined);
  }

  private take({ removed, put }: Change): void {
    for (const mxid of removed) {
      this.applied.delete(mxid);
      this.segment.remove(mxid);
    }
    for (const person of put) {
      this.segment.remove(person.mxid);
      this.applied.set(person.mxid, { person, words: wordsOf(person) });
    }
  }

  private findApplied(terms: readonly Spellings[]): readonly Ranked[] {
    const found: Ranked[] = [];
    for (const { person, words } of this.applied.values()) {
      const score = scoreWords(words, terms);
      if (score >= 0) found.push({ hit: hitOf(person, score), key: words.key });
    }
    return found;
  }
}

const hitOf = ({ mxid, name, source }: SearchablePerson, score: number): PersonHit => ({
  mxid,
  ...(name !== undefined && { name }),
  source,
  score,
});

const byRank = (a: Ranked, b: Ranked): number =>
  b.hit.score - a.hit.score || compare(a.key, b.key) || compare(a.hit.mxid, b.hit.mxid);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
