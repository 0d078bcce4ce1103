import type { MirroredEntry } from '../../../src/domain/directory/directory-entry.js';
import type { MirrorState } from '../../../src/domain/directory/mirror-state.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { sameThreepid, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { EntryBuffer, MirrorStore, MirrorUpdate } from '../../../src/ports/mirror-store.js';
import type { MemoryChangeFeed } from './change-feed.js';
import type { UserIdAssignments } from './user-id-assignments.js';
import { MemoryMirrorDraft } from './mirror-draft.js';
import { pagesOf } from './chunks.js';

type Entries = ReadonlyMap<string, MirroredEntry>;

export class MemoryMirrorStore implements MirrorStore {
  private readonly mirrors = new Map<string, Entries>();
  private readonly states = new Map<string, MirrorState>();

  constructor(
    private readonly feed: MemoryChangeFeed,
    private readonly assignments: UserIdAssignments,
  ) {}

  async state(source: string): Promise<MirrorState | undefined> {
    return this.states.get(source);
  }

  async saveState(source: string, state: MirrorState): Promise<void> {
    this.states.set(source, state);
  }

  entries(source: string): AsyncIterable<readonly MirroredEntry[]> {
    return pagesOf(this.mirror(source).values());
  }

  digests(source: string): AsyncIterable<readonly Pick<MirroredEntry, 'id' | 'digest' | 'base'>[]> {
    return pagesOf([...this.mirror(source).values()].map(({ id, digest, base }) => ({ id, digest, base })));
  }

  async get(source: string, ids: readonly string[]): Promise<readonly MirroredEntry[]> {
    return [...new Set(ids)].flatMap((id) => this.mirror(source).get(id) ?? []);
  }

  async findByMxid(mxids: readonly Mxid[]): Promise<readonly (MirroredEntry & { readonly source: string })[]> {
    const wanted = new Set(mxids);
    return this.allEntries().filter(({ person }) => person && wanted.has(person.mxid));
  }

  async repeatedMxids(): Promise<readonly Mxid[]> {
    const seen = new Set<Mxid>();
    const repeated = new Set<Mxid>();
    for (const { person } of this.allEntries()) {
      if (person) (seen.has(person.mxid) ? repeated : seen).add(person.mxid);
    }
    return [...repeated];
  }

  async mxidsOfOthers(source: string, mxids: readonly Mxid[]): Promise<readonly Mxid[]> {
    const repeated = new Set(await this.repeatedMxids());
    const inOtherSources = new Set(
      this.allEntries().flatMap((entry) => (entry.source === source ? [] : (entry.person?.mxid ?? []))),
    );
    return [...new Set(mxids)].filter((mxid) => repeated.has(mxid) || inOtherSources.has(mxid));
  }

  async findByThreepid(source: string, threepid: Threepid): Promise<readonly MirroredEntry[]> {
    return [...this.mirror(source).values()].filter(({ person, withheld = [] }) =>
      [...(person?.threepids ?? []), ...withheld].some((candidate) => sameThreepid(candidate, threepid)),
    );
  }

  draft(): EntryBuffer {
    return new MemoryMirrorDraft();
  }

  async apply(source: string, { upserts, removed, state, changes }: MirrorUpdate): Promise<void> {
    const added = [...upserts.pages()].flat();
    if (new Set(added.map(({ id }) => id)).size < added.length) throw new Error('an update puts an entry twice');
    const entries = new Map(this.mirror(source));
    for (const id of removed) {
      const entry = entries.get(id);
      if (entry) this.assignments.recordRemoved(source, entry);
      entries.delete(id);
    }
    for (const entry of added) entries.set(entry.id, entry);
    this.mirrors.set(source, entries);
    this.states.set(source, state);
    this.feed.write(changes);
  }

  async remove(source: string): Promise<number> {
    const count = this.mirror(source).size;
    this.mirrors.delete(source);
    this.states.delete(source);
    return count;
  }

  /** For stores: all entries of all mirrors. */
  allEntries() {
    return [...this.mirrors].flatMap(([source, entries]) =>
      [...entries.values()].map((entry) => ({ ...entry, source })),
    );
  }

  private mirror(source: string): Entries {
    return this.mirrors.get(source) ?? new Map();
  }
}
