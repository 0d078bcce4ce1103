import { AMBIGUOUS } from '../../../src/domain/associations/association.js';
import type { Claim } from '../../../src/domain/associations/claim.js';
import { claimsOf } from '../../../src/domain/associations/claim-text.js';
import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import { keyOf, type Threepid } from '../../../src/domain/identifiers/threepid.js';
import type { ClaimReader, HashIndex } from '../../../src/ports/hash-index.js';

/** A claim under its address or its alias. */
interface Entry {
  readonly threepid: Threepid;
  readonly mxid: Mxid;
  readonly isCollision: boolean;
  readonly isAlias: boolean;
}

type IndexChange = readonly [removed: readonly Claim[], added: readonly Claim[]];

/** The entries of one source, and the same entries by hash under each current pepper. */
class Content {
  readonly entries = new Map<string, Entry>();
  readonly byHash = new Map<string, Map<string, Set<Entry>>>();

  constructor(peppers: Iterable<string>) {
    for (const pepper of peppers) this.prepare(pepper);
  }

  apply([removed, added]: IndexChange): void {
    for (const [key, entry] of removed.flatMap(entriesOf)) this.remove(key, entry);
    for (const [key, entry] of added.flatMap(entriesOf)) this.add(key, entry);
  }

  prepare(pepper: string): void {
    const hashes = new Map<string, Set<Entry>>();
    for (const entry of this.entries.values()) setAt(hashes, lookupHash(entry.threepid, pepper)).add(entry);
    this.byHash.set(pepper, hashes);
  }

  private add(key: string, entry: Entry): void {
    if (this.entries.has(key)) return;
    this.entries.set(key, entry);
    for (const [pepper, hashes] of this.byHash) setAt(hashes, lookupHash(entry.threepid, pepper)).add(entry);
  }

  private remove(key: string, { threepid }: Entry): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    for (const [pepper, hashes] of this.byHash) {
      const hash = lookupHash(threepid, pepper);
      const entries = setAt(hashes, hash);
      entries.delete(entry);
      if (entries.size === 0) hashes.delete(hash);
    }
  }
}

/** Plain maps on the event loop, for tests. It stores the claims, so it reads a source only when loading it. */
export class MemoryHashIndex implements HashIndex {
  private readonly sources = new Map<string, { readonly content: Content; readonly load: number }>();
  private readonly live = new Set<string>();
  /** The changes applied during each running load. */
  private readonly loads = new Set<{ readonly source: string; readonly pendingChanges: IndexChange[] }>();
  private lastLoad = 0;

  async load(source: string, claims: ClaimReader): Promise<void> {
    const number = ++this.lastLoad;
    const load = { source, pendingChanges: [] as IndexChange[] };
    this.loads.add(load);
    try {
      const pages: (readonly Claim[])[] = [];
      for await (const page of claims()) pages.push(claimsOf(page));
      const content = new Content(this.live);
      for (const page of pages) content.apply([[], page]);
      for (const change of load.pendingChanges) content.apply(change);
      // A later load may have completed first.
      if ((this.sources.get(source)?.load ?? 0) < number) this.sources.set(source, { content, load: number });
    } finally {
      this.loads.delete(load);
    }
  }

  async apply(source: string, removed: readonly Claim[], added: readonly Claim[]): Promise<void> {
    for (const load of this.loads) if (load.source === source) load.pendingChanges.push([removed, added]);
    this.sources.get(source)?.content.apply([removed, added]);
  }

  async prepare(pepper: string): Promise<void> {
    if (this.live.has(pepper)) return;
    this.live.add(pepper);
    for (const { content } of this.sources.values()) content.prepare(pepper);
  }

  retire(pepper: string): void {
    this.live.delete(pepper);
    for (const { content } of this.sources.values()) content.byHash.delete(pepper);
  }

  peppers(): readonly string[] {
    return [...this.live];
  }

  find(source: string, pepper: string, hash: string): Mxid | typeof AMBIGUOUS | undefined {
    const entries = this.sources.get(source)?.content.byHash.get(pepper)?.get(hash);
    const answers = new Set([...(entries ?? [])].map(({ mxid, isCollision }) => (isCollision ? AMBIGUOUS : mxid)));
    const [answer] = answers;
    return answers.size > 1 ? AMBIGUOUS : answer;
  }

  findAll(source: string, pepper: string, hashes: readonly string[]): Map<string, Mxid | typeof AMBIGUOUS> {
    const found = new Map<string, Mxid | typeof AMBIGUOUS>();
    for (const hash of hashes) {
      const answer = this.find(source, pepper, hash);
      if (answer !== undefined) found.set(hash, answer);
    }
    return found;
  }

  /** The bytes are an estimate. */
  size(source: string): { readonly claims: number; readonly bytes: number } {
    const content = this.sources.get(source)?.content;
    if (!content) return { claims: 0, bytes: 0 };
    const claims = [...content.entries.values()].filter(({ isAlias }) => !isAlias).length;
    return { claims, bytes: content.entries.size * (200 + 300 * content.byHash.size) };
  }

  async close(): Promise<void> {}
}

function entriesOf({ threepid, mxid, isCollision }: Claim): readonly (readonly [key: string, Entry])[] {
  const { medium, address, alias } = threepid;
  return [address, ...(alias === undefined ? [] : [alias])].map((text, i) => {
    const entry = { threepid: { medium, address: text }, mxid, isCollision: isCollision === true, isAlias: i > 0 };
    return [`${keyOf(entry.threepid)} ${entry.isCollision} ${entry.isAlias} ${mxid}`, entry];
  });
}

function setAt(sets: Map<string, Set<Entry>>, hash: string): Set<Entry> {
  const set = sets.get(hash) ?? new Set();
  sets.set(hash, set);
  return set;
}
