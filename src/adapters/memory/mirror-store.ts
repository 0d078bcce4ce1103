import type { MirroredEntry, MirrorState } from '../../domain/directory.js';
import type { Mxid } from '../../domain/mxid.js';
import { sameThreepid, type Threepid } from '../../domain/threepid.js';
import type { MirrorDraft, MirrorStore, MirrorUpdate } from '../../ports/mirror-store.js';
import type { MemoryChangeFeed } from './change-feed.js';
import type { Holders } from './holders.js';
import { MemoryMirrorDraft } from './mirror-draft.js';
import { pagesOf } from './paging.js';

type Entries = ReadonlyMap<string, MirroredEntry>;

export class MemoryMirrorStore implements MirrorStore {
  private readonly mirrors = new Map<string, Entries>();
  private readonly states = new Map<string, MirrorState>();

  constructor(
    private readonly feed: MemoryChangeFeed,
    private readonly holders: Holders,
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

  stamps(source: string): AsyncIterable<readonly Pick<MirroredEntry, 'id' | 'stamp' | 'part'>[]> {
    return pagesOf([...this.mirror(source).values()].map(({ id, stamp, part }) => ({ id, stamp, part })));
  }

  async get(source: string, ids: readonly string[]): Promise<readonly MirroredEntry[]> {
    return [...new Set(ids)].flatMap((id) => this.mirror(source).get(id) ?? []);
  }

  async findByMxid(mxids: readonly Mxid[]): Promise<readonly (MirroredEntry & { readonly source: string })[]> {
    const wanted = new Set(mxids);
    return this.everything().filter(({ person }) => person && wanted.has(person.mxid));
  }

  async repeatedMxids(): Promise<readonly Mxid[]> {
    const seen = new Set<Mxid>();
    const repeated = new Set<Mxid>();
    for (const { person } of this.everything()) {
      if (person) (seen.has(person.mxid) ? repeated : seen).add(person.mxid);
    }
    return [...repeated];
  }

  async findByThreepid(source: string, threepid: Threepid): Promise<readonly MirroredEntry[]> {
    return [...this.mirror(source).values()].filter(({ person }) =>
      person?.threepids.some((one) => sameThreepid(one, threepid)),
    );
  }

  draft(): MirrorDraft {
    return new MemoryMirrorDraft();
  }

  async apply(source: string, { put, removed, state, changes }: MirrorUpdate): Promise<void> {
    const added = [...put.pages()].flat();
    if (new Set(added.map(({ id }) => id)).size < added.length) throw new Error('an update puts an entry twice');
    const entries = new Map(this.mirror(source));
    for (const id of removed) {
      const entry = entries.get(id);
      if (entry) this.holders.recordRemoved(source, entry);
      entries.delete(id);
    }
    for (const entry of added) entries.set(entry.id, entry);
    this.mirrors.set(source, entries);
    this.states.set(source, state);
    this.feed.write(changes);
  }

  /** For stores: all entries of all mirrors. */
  everything() {
    return [...this.mirrors].flatMap(([source, entries]) =>
      [...entries.values()].map((entry) => ({ ...entry, source })),
    );
  }

  private mirror(source: string): Entries {
    return this.mirrors.get(source) ?? new Map();
  }
}
