import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import type { DirectoryEntry, ParsedEntry, SearchText, SkipReason } from '../../domain/directory/directory-entry.js';
import { ShutdownError } from '../../domain/shared/errors.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { keyOf, type Threepid } from '../../domain/identifiers/threepid.js';
import type { Directory, DirectoryPage } from '../../ports/directory.js';
import type { ThreepidSource as OwnSource } from '../../source.js';
import { type SearchRules, searchRulesOf, searchTextOf } from '../shared/search-text.js';
import { associationIn, attributesIn } from './answer-validation.js';
import { attributeReader } from './searched-columns.js';
import { thrownBy } from './thrown-errors.js';
import type { SourceSettings } from './guarded-source.js';

/** Time limit for the next association of a listing. */
const STALL_MS = 60_000;
const LIMIT_MS = 60 * 60_000;
/** A listing with more associations is treated as endless. */
const MOST_LISTED = 5_000_000;
/**
 * The share of this process's memory limit at which a listing is stopped. Beyond it, the process would run out of
 * memory.
 */
const MOST_MEMORY = 0.85;
const PAGE = 1000;
const MOST_KEYWORDS = 40;

interface Listed {
  readonly threepids: Map<string, Threepid>;
  /** Threepids of media that are not configured. */
  readonly withheld: Map<string, Threepid>;
  isUnlisted: boolean;
  readonly skipped: Set<SkipReason>;
  /** The data from which the search text was read, and the text. */
  attributes?: Readonly<Record<string, unknown>>;
  searchText?: SearchText;
}

/** Presents a listable source as a directory of people: one entry per Matrix user ID. */
export class SourceDirectory implements Directory {
  readonly name: string;
  readonly derivesUserIds = false;
  readonly hasStableIds = false;
  readonly bases = ['all'];
  readonly keepsNames: boolean;
  private readonly searchRules: SearchRules | undefined;
  private readonly interruption = new AbortController();

  /** @param reportInvalid receives the reason for each skipped value, without addresses */
  constructor(
    private readonly source: OwnSource,
    private readonly settings: Pick<SourceSettings, 'name' | 'media' | 'search'>,
    private readonly reportInvalid: (reason: string) => void,
    private readonly limits = { stallMs: STALL_MS, wholeMs: LIMIT_MS, most: MOST_LISTED, memory: MOST_MEMORY },
  ) {
    this.name = settings.name;
    this.searchRules = settings.search && searchRulesOf(settings.search);
    this.keepsNames = this.searchRules !== undefined;
  }

  async *list(): AsyncGenerator<DirectoryPage> {
    let entries: DirectoryEntry[] = [];
    for (const [mxid, listed] of await this.people()) {
      entries.push(entryOf(mxid, listed));
      if (entries.length < PAGE) continue;
      yield { base: 'all', entries };
      entries = [];
      await setImmediate();
      this.throwIfInterrupted();
    }
    yield { base: 'all', entries };
  }

  abort(): void {
    this.interruption.abort();
  }

  /** The complete listing. It fails if it stalls, whether or not the source reacts to the signal. */
  private async people(): Promise<ReadonlyMap<Mxid, Listed>> {
    const controller = new AbortController();
    const { signal } = controller;
    const end = (reason: Error): void => controller.abort(reason);
    const abort = (): void => end(new ShutdownError());
    const timer = setTimeout(
      () => end(new Error(`its listing returned nothing for ${this.limits.stallMs / 1000} s`)),
      this.limits.stallMs,
    );
    this.interruption.signal.addEventListener('abort', abort, { once: true });
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    try {
      this.throwIfInterrupted();
      return await Promise.race([this.gather(signal, () => timer.refresh()), ended]);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : thrownBy(thrown);
    } finally {
      clearTimeout(timer);
      this.interruption.signal.removeEventListener('abort', abort);
    }
  }

  private throwIfInterrupted(): void {
    if (this.interruption.signal.aborted) throw new ShutdownError();
  }

  private async gather(signal: AbortSignal, checkProgress: () => void): Promise<ReadonlyMap<Mxid, Listed>> {
    const people = new Map<Mxid, Listed>();
    const until = performance.now() + this.limits.wholeMs;
    let count = 0;
    const listing: unknown = this.source.all?.(signal);
    if (!isListing(listing))
      throw new Error(
        `all() does not return an async iterable${listing instanceof Promise ? ' but a promise: declare it as `async *all()`' : ''}`,
      );
    for await (const value of listing) {
      signal.throwIfAborted();
      checkProgress();
      count += 1;
      if (count > this.limits.most) throw new Error(`its listing has more than ${this.limits.most} associations`);
      if (performance.now() > until) throw new Error(`its listing did not end within ${this.limits.wholeMs / 1000} s`);
      this.note(value, people);
      if (count % PAGE !== 0) continue;
      if (memoryInUse() > this.limits.memory) throw new Error('its listing needs more memory than is available');
      // A source that never awaits anything would block all requests.
      await setImmediate();
    }
    if (count > 0 && people.size === 0) throw new Error('its listing contains no valid association');
    return people;
  }

  private note(value: unknown, people: Map<Mxid, Listed>): void {
    const association = associationIn(value);
    if (typeof association === 'string') return this.reportInvalid(association);
    const { threepid, mxid, isUnlisted = false } = association;
    let listed = people.get(mxid);
    if (!listed)
      people.set(mxid, (listed = { threepids: new Map(), withheld: new Map(), isUnlisted, skipped: new Set() }));
    listed.isUnlisted ||= isUnlisted;
    this.noteAttributes(listed, attributesIn(value));
    const isAsked = this.settings.media.includes(threepid.medium);
    (isAsked ? listed.threepids : listed.withheld).set(keyOf(threepid), threepid);
    if (!isAsked) listed.skipped.add(`${threepid.medium} is not among its media`);
  }

  /** All rows of a person count: the first name, and the keywords of all. */
  private noteAttributes(listed: Listed, attributes: Listed['attributes']): void {
    if (!this.searchRules || !attributes || attributes === listed.attributes) return;
    listed.attributes = attributes;
    const { name, keywords } = searchTextOf(this.searchRules, attributeReader(attributes));
    listed.searchText = mergeTexts(listed.searchText, { ...(name !== undefined && { name }), keywords });
  }
}

/** Names that are not the first one become keywords. */
function mergeTexts(before: SearchText | undefined, text: SearchText): SearchText {
  if (!before) return text;
  const name = before.name ?? text.name;
  const others = text.name === undefined || text.name === name ? [] : [text.name];
  const keywords = [...new Set([...before.keywords, ...others, ...text.keywords])].slice(0, MOST_KEYWORDS);
  return { ...(name !== undefined && { name }), keywords };
}

function memoryInUse(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return used_heap_size / heap_size_limit;
}

const isListing = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);

const sorted = (threepids: ReadonlyMap<string, Threepid>): readonly Threepid[] =>
  [...threepids].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, threepid]) => threepid);

function entryOf(mxid: Mxid, { threepids, withheld, isUnlisted, skipped, searchText }: Listed): DirectoryEntry {
  const content: ParsedEntry = {
    person: {
      mxid,
      threepids: sorted(threepids),
      ...(isUnlisted && { isUnlisted: true }),
      // Names of unlisted people are not stored.
      ...(searchText && !isUnlisted && { searchText }),
    },
    skipped: [...skipped],
    ...(withheld.size > 0 && { withheld: sorted(withheld) }),
  };
  return {
    id: mxid,
    label: mxid,
    digest: createHash('sha256').update(JSON.stringify(content)).digest('base64url'),
    parse: () => content,
  };
}
