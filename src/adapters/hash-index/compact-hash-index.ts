import type { AMBIGUOUS } from '../../domain/associations/association.js';
import type { Claim } from '../../domain/associations/claim.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { ClaimReader, HashIndex } from '../../ports/hash-index.js';
import { applyTo, type IndexChange } from './apply-changes.js';
import { runTimeSliced } from './time-slicing.js';
import { serialQueue } from '../../domain/shared/serial-queue.js';
import type { Table } from './hash-table.js';
import { TableBuilder } from './table-builder.js';

type TableByPepper = Map<string, Table>;

interface Source {
  readonly claims: ClaimReader;
  readonly tables: TableByPepper;
}

/** A running `load` or preparation of a pepper. */
interface Build {
  /** Changes applied since the call that are not yet in the tables being built. */
  readonly pendingChanges: IndexChange[];
  /** The pepper that becomes live. */
  readonly pepper?: string;
  isRetired?: boolean;
}

/**
 * A few dozen bytes per claim and pepper, in memory that the garbage collector does not scan: typed arrays with hashes
 * and user names, built by a worker thread and changed in place.
 *
 * Builds run one after the other. Changes do not wait for them: they are applied to the current tables, and repeated on
 * the tables being built.
 */
export class CompactHashIndex implements HashIndex {
  private readonly sources = new Map<string, Source>();
  private readonly live = new Set<string>();
  private readonly builds = new Set<Build>();
  private readonly buildInTurn = serialQueue();
  private readonly applyInTurn = serialQueue();
  private builder: TableBuilder | undefined;
  private isClosed = false;

  load(source: string, claims: ClaimReader): Promise<void> {
    return this.inTurn({ pendingChanges: [] }, async (build) => {
      const tables = await this.read([...this.live], claims, this.sources.get(source));
      const answer = () => {
        for (const pepper of tables.keys()) if (!this.live.has(pepper)) tables.delete(pepper);
        this.sources.set(source, { claims, tables });
      };
      await this.finish(build, (name) => (name === source ? tables : []), answer);
    });
  }

  apply(source: string, removed: readonly Claim[], added: readonly Claim[]): Promise<void> {
    const change = { source, removed, added };
    for (const build of this.builds) build.pendingChanges.push(change);
    // The current tables. Tables replaced by a running build receive the change through `pendingChanges`.
    const tables = [...(this.sources.get(source)?.tables ?? [])];
    return this.applyInTurn(() => runTimeSliced(applyTo(tables, change)));
  }

  prepare(pepper: string): Promise<void> {
    return this.inTurn({ pendingChanges: [], pepper }, async (build) => {
      if (this.live.has(pepper) || build.isRetired) return;
      const prepared = new Map<string, TableByPepper>();
      for (const [name, source] of this.sources) prepared.set(name, await this.read([pepper], source.claims, source));
      const answer = () => {
        if (build.isRetired) return;
        this.live.add(pepper);
        for (const [name, tables] of prepared) {
          for (const table of tables.values()) this.sources.get(name)?.tables.set(pepper, table);
        }
      };
      await this.finish(build, (name) => prepared.get(name) ?? [], answer);
    });
  }

  retire(pepper: string): void {
    this.live.delete(pepper);
    for (const { tables } of this.sources.values()) tables.delete(pepper);
    for (const build of this.builds) if (build.pepper === pepper) build.isRetired = true;
  }

  peppers(): readonly string[] {
    return [...this.live];
  }

  find(source: string, pepper: string, hash: string): Mxid | typeof AMBIGUOUS | undefined {
    return this.sources.get(source)?.tables.get(pepper)?.find(hash);
  }

  findAll(source: string, pepper: string, hashes: readonly string[]): Map<string, Mxid | typeof AMBIGUOUS> {
    return this.sources.get(source)?.tables.get(pepper)?.findAll(hashes) ?? new Map<string, Mxid>();
  }

  size(source: string): { readonly claims: number; readonly bytes: number } {
    const tables = [...(this.sources.get(source)?.tables.values() ?? [])];
    return { claims: tables[0]?.claims ?? 0, bytes: tables.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.builder?.end();
  }

  private async inTurn(build: Build, work: (build: Build) => Promise<void>): Promise<void> {
    this.builds.add(build);
    try {
      await this.buildInTurn(() => work(build));
    } finally {
      this.builds.delete(build);
    }
  }

  private async read(peppers: readonly string[], claims: ClaimReader, former?: Source): Promise<TableByPepper> {
    if (this.isClosed) throw new Error('The hash index is closed');
    const [likely] = former?.tables.values() ?? [];
    const builder = new TableBuilder({ peppers, expected: likely?.entries ?? 0 });
    this.builder = builder;
    try {
      return await builder.build(claims);
    } finally {
      await builder.end();
      this.builder = undefined;
    }
  }

  /** Calls `answer` synchronously after the last pending change, so that the new tables are complete. */
  private async finish(
    build: Build,
    tablesOf: (source: string) => Iterable<readonly [pepper: string, Table]>,
    answer: () => void,
  ): Promise<void> {
    for (let change = build.pendingChanges.shift(); change; change = build.pendingChanges.shift()) {
      await runTimeSliced(applyTo(tablesOf(change.source), change));
    }
    answer();
  }
}
