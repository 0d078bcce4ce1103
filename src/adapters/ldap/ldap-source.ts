import { setImmediate } from 'node:timers/promises';
import type { Ambiguous, Finding } from '../../domain/associations/association.js';
import { ShutdownError } from '../../domain/shared/errors.js';
import { isRegion } from '../../domain/identifiers/phone-number.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { Clock } from '../../ports/clock.js';
import type { ExtraIds, Directory, DirectoryChanges, DirectoryPage, MirroredDigests } from '../../ports/directory.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { SourceTrace, ThreepidSource } from '../../ports/threepid-source.js';
import type { BindPassword } from './connection/bind-account.js';
import { type ConnectionSecurity, connectionSecurity } from './connection/connection-security.js';
import type { SyncCursor } from './sync/sync-cursor.js';
import { IncrementalRefusal } from './sync/incremental-refusal.js';
import { Changes } from './sync/incremental-changes.js';
import { baseText } from './protocol/search-base.js';
import { check, type Checked, classesBelow, loginOf } from './check.js';
import { Deadline } from '../shared/deadline.js';
import { isKnownByName, readable } from './sync/lazy-entry.js';
import { FullListing, HAS_ONLY_ALIASES, MATCHES_NOTHING, type RawPage, SHOWS_NOTHING } from './sync/full-listing.js';
import { MissingIds } from './sync/missing-ids.js';
import { listProven } from './sync/proven-listing.js';
import { notesOf } from './lookup/candidate-notes.js';
import { Lookup } from './lookup/live-lookup.js';
import { type LdapOptions, STALL_MS } from './options.js';
import { StatusReporter } from './connection/status-reporter.js';
import { Pool } from './connection/pool.js';
import { LdapError, isRefusal } from './connection/ldap-error.js';
import { type Rules, rulesOf } from './mapping/mapping-rules.js';
import { ServerFailover, DirectoryUnreachableError } from './connection/server-failover.js';
import { errorText } from '../../domain/shared/error-text.js';

/** Entries processed before the event loop gets control again. The first entries take a while each. */
const READ_AT_ONCE = 50;

/** An LDAP directory: queried live for addresses, and listed completely for its mirror. */
export class LdapSource implements ThreepidSource, Directory {
  readonly name: string;
  readonly isAuthoritative = true;
  readonly derivesUserIds: boolean;
  readonly hasStableIds = true;
  readonly keepsNames: boolean;
  readonly bases: readonly string[];
  private readonly searchBases: readonly string[];
  /** Allows another attempt with the password, even after a refusal. */
  readonly reloadSecrets = (): void => this.access.bind?.reload();
  readonly login = () => loginOf(this.options, this.access);
  private readonly rules: Rules;
  private readonly access: ConnectionSecurity;
  private readonly outages: StatusReporter;
  private readonly missingIds: MissingIds;
  private readonly servers: ServerFailover;
  private readonly pool: Pool;
  private readonly lookup: Lookup;
  private readonly listing: FullListing;
  private readonly changed: Changes;
  private readonly interruption = new AbortController();
  /** The sync cursor from the start of the current or last listing. */
  private syncCursor: string | undefined;
  private readonly refusal: IncrementalRefusal;
  private hasReferred = false;
  /** Why a base had no entries, in the current or last listing, and in the one before it. */
  private empty: ReadonlyMap<string, string> = new Map();
  private emptyBefore: ReadonlyMap<string, string> = new Map();

  /** @throws Error with a message for the administrator if the options are unusable */
  constructor(
    private readonly options: LdapOptions,
    private readonly telemetry: Telemetry,
    private readonly clock: Clock,
    reread?: () => BindPassword,
  ) {
    const { name, urls, timeLimitMs, connections, pageSize, stallLimitMs: stallMs = STALL_MS } = options;
    if (options.bases.length === 0) throw new Error('bases: at least one base is required');
    // Checked here and not in the rules: the listing thread does not need the number plans, which take a while to load.
    if (options.phoneRegion !== undefined && !isRegion(options.phoneRegion))
      throw new Error(`phoneRegion: ${String(options.phoneRegion)} is not a two-letter country code`);
    this.name = name;
    this.derivesUserIds = options.homeserver !== undefined;
    this.keepsNames = options.search !== undefined;
    this.searchBases = [...new Set(options.bases)];
    this.bases = this.searchBases.map(baseText);
    this.rules = rulesOf(options, () => clock.now());
    this.access = connectionSecurity(options, clock, reread);
    this.outages = new StatusReporter(name, telemetry);
    this.refusal = new IncrementalRefusal(name, telemetry);
    this.missingIds = new MissingIds(name, this.rules.id, telemetry);
    const servers = (this.servers = new ServerFailover(urls, this.access, this.outages, clock));
    this.pool = new Pool(servers, connections, timeLimitMs);
    this.lookup = new Lookup(this.rules, this.searchBases, this.pool);
    const listingScope = { bases: this.searchBases, pageSize, stallMs };
    this.listing = new FullListing({ rules: this.rules, servers, listingScope, warnings: this, clock });
    this.changed = new Changes(this.rules, servers, listingScope, clock);
  }

  get incrementalProblem(): string | undefined {
    return this.refusal.reason;
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    return this.live((deadline) => this.lookup.find(threepids, deadline));
  }

  async findWithheld(threepids: readonly Threepid[]): Promise<readonly Ambiguous[]> {
    return this.live((deadline) => this.lookup.findWithheld(threepids, deadline));
  }

  async *list(onBookmark?: (syncCursor: string) => void): AsyncGenerator<DirectoryPage> {
    [this.syncCursor, this.emptyBefore, this.empty] = [undefined, this.empty, new Map()];
    const { signal } = this.interruption;
    const mayFollow = this.refusal.beginListing();
    const pages = this.options.listsInThread
      ? listProven(this.options, this.access.bind, this.servers, this, signal)
      : this.listing.pages();
    let knownByName = 0;
    try {
      for await (const { entries, ...rest } of pages) {
        // Mapping entries takes a while, pages can have thousands of them, and requests are waiting.
        for (let at = 0; at < entries.length; at += READ_AT_ONCE) {
          if (signal.aborted) throw new ShutdownError();
          const page = readable({ ...rest, entries: entries.slice(at, at + READ_AT_ONCE) }, this.rules);
          knownByName += page.entries.filter(isKnownByName).length;
          yield page;
          await setImmediate();
        }
      }
    } catch (error) {
      throw signal.aborted ? new ShutdownError() : error;
    }
    this.missingIds.listed(knownByName);
    for (const [base, warning] of this.empty) yield { base, entries: [], warning };
    if (this.syncCursor !== undefined && mayFollow) onBookmark?.(this.syncCursor);
  }

  async changes(
    since: string,
    extraIds: ExtraIds = async () => [],
    mirrored?: MirroredDigests,
  ): Promise<DirectoryChanges | undefined> {
    if (this.refusal.isFresh) return undefined;
    const { signal } = this.interruption;
    const read = (pages: readonly RawPage[]) => pages.map((page) => readable(page, this.rules));
    const others = (pages: readonly RawPage[]) => extraIds(read(pages));
    const changed = await this.changed
      .since(JSON.parse(since) as SyncCursor, others, mirrored, signal)
      .catch((error: unknown) => {
        if (signal.aborted) throw new ShutdownError();
        if (!(error instanceof LdapError) || !isRefusal(error.cause)) throw error;
        this.refusal.refused(error);
        return undefined;
      });
    if (!changed) return undefined;
    this.refusal.answered();
    return { present: read(changed.present), gone: changed.gone, syncCursor: JSON.stringify(changed.syncCursor) };
  }

  abort(): void {
    this.interruption.abort();
  }

  async explain(threepid: Threepid): Promise<readonly SourceTrace[]> {
    const since = this.clock.now();
    const asked = [threepid];
    try {
      const [candidates, unfiltered, finding] = await this.live(async (deadline) => {
        const candidates = await this.lookup.findCandidates(asked, deadline);
        const unfiltered = await this.lookup.findCandidates(asked, deadline, true);
        return [candidates, unfiltered, (await this.lookup.resolve(asked, candidates, deadline))[0]] as const;
      });
      const notes = notesOf(threepid, candidates, unfiltered);
      const now = this.clock.now();
      return [{ via: 'live', finding, asOf: now, tookMs: now - since, notes }];
    } catch (error) {
      const failure = errorText(error);
      return [{ via: 'live', finding: undefined, failure, tookMs: this.clock.now() - since, notes: [] }];
    }
  }

  /** Checks everything that the options name, and reports the problem of each part. */
  async check(): Promise<readonly Checked[]> {
    return check(this.options.urls, this.access, this.searchBases, this.rules);
  }

  /** Counts the object classes (except `top`) of the first `most` entries below a base, on one server. */
  async classes(url: string, base: string, most: number): Promise<ReadonlyMap<string, number>> {
    return classesBelow(url, this.access, base, this.rules, most);
  }

  async close(): Promise<void> {
    this.pool.close();
  }

  filterMatchesNothing(base: string): void {
    this.noteWarning(base, MATCHES_NOTHING);
  }

  onCursor(syncCursor: string): void {
    this.syncCursor = syncCursor;
  }

  hasOnlyAliases(base: string): void {
    this.noteWarning(base, HAS_ONLY_ALIASES);
  }

  showsNothing(base: string): void {
    this.noteWarning(base, SHOWS_NOTHING);
  }

  pagesLackEntries(gap: string): void {
    this.noteWarning(...(JSON.parse(gap) as [base: string, words: string]));
  }

  private noteWarning(dn: string, why: string): void {
    const base = baseText(dn);
    this.empty = new Map([...this.empty, [base, why]]);
    if (this.emptyBefore.get(base) !== why)
      this.telemetry.warn(why, { event: 'directory_base_empty', source: this.name, base });
  }

  refersElsewhere(base: string): void {
    if (!this.hasReferred) {
      const facts = { event: 'directory_referral', source: this.name, base: baseText(base) };
      this.telemetry.info('referrals to other servers are not followed', facts);
    }
    this.hasReferred = true;
  }

  /** Runs a live request with one time limit for all its parts. */
  private async live<T>(ask: (deadline: Deadline) => Promise<T>): Promise<T> {
    try {
      const answer = await ask(new Deadline(this.options.timeLimitMs));
      this.outages.recovered('lookups');
      return answer;
    } catch (error) {
      // Unreachable servers have been reported one by one.
      if (!(error instanceof DirectoryUnreachableError)) this.outages.failed('lookups', error);
      throw error;
    }
  }
}

/**
 * A directory for live lookups and for mirroring. The caller must close it.
 * @throws Error with a message for the administrator if the options are unusable
 */
export const ldapSource = (
  options: LdapOptions,
  telemetry: Telemetry,
  clock: Clock = { now: () => Date.now() },
  reread?: () => BindPassword,
): LdapSource => new LdapSource(options, telemetry, clock, reread);
