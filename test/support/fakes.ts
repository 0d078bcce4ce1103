import type { Ambiguous, Finding } from '../../src/domain/associations/association.js';
import type { DirectoryEntry, SearchText } from '../../src/domain/directory/directory-entry.js';
import type {
  UserDirectory,
  UserDirectoryAnswer,
  UserDirectoryCaller,
  UserDirectoryQuestion,
  UserProfile,
} from '../../src/ports/user-directory.js';
import { DomainError } from '../../src/domain/shared/errors.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { type Medium, sameThreepid, type Threepid } from '../../src/domain/identifiers/threepid.js';
import type { Clock } from '../../src/ports/clock.js';
import type { ExtraIds, Directory, DirectoryChanges, DirectoryPage } from '../../src/ports/directory.js';
import type { AccountLookup } from '../../src/ports/account-lookup.js';
import type { Homeservers } from '../../src/ports/homeservers.js';
import type { Random } from '../../src/ports/random.js';
import type { Message, MessageSender } from '../../src/ports/message-sender.js';
import type { Facts, LogEvent, Telemetry } from '../../src/ports/telemetry.js';
import type { ThreepidSource } from '../../src/ports/threepid-source.js';

/** A clock that stands still until a test changes it. */
export class FakeClock implements Clock {
  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  pass(ms: number): void {
    this.time += ms;
  }
}

/** Returns `text1`, `text2`, …, and digits that count in the same way. */
export class CountingRandom implements Random {
  private count = 0;

  text(_length: number): string {
    return `text${++this.count}`;
  }

  digits(length: number): string {
    return String(++this.count).padStart(length, '0');
  }
}

/** Records the messages that were sent. */
export class RecordingSender implements MessageSender {
  readonly sent: { readonly to: Threepid; readonly message: Message }[] = [];
  /** If set, sending rejects with this error. */
  failure: Error | undefined;

  constructor(readonly medium: Medium) {}

  async send(to: Threepid, message: Message): Promise<void> {
    if (this.failure) throw this.failure;
    this.sent.push({ to, message });
  }

  /** The token in the latest message. */
  get token(): string {
    const message = this.sent.at(-1)?.message;
    if (message?.kind !== 'validation') throw new Error('no token was sent');
    return message.token;
  }
}

/** Identifies users by their OpenID tokens, for all homeservers. */
export function fakeHomeservers(users: ReadonlyMap<string, string | DomainError>): Homeservers {
  return {
    async whoHasOpenIdToken(_homeserver, openIdToken) {
      const user = users.get(openIdToken);
      if (user instanceof DomainError) throw user;
      return user;
    },
    onBind: async () => ({ kind: 'delivered' }),
  };
}

/** Homeservers with these accounts. */
export class FakeAccounts implements AccountLookup {
  readonly existing = new Set<Mxid>();
  /** The users that were checked, in order. */
  readonly asked: Mxid[] = [];
  /** If set, each request rejects with this error. */
  failure: Error | undefined;

  async has(mxid: Mxid): Promise<boolean> {
    this.asked.push(mxid);
    if (this.failure) throw this.failure;
    return this.existing.has(mxid);
  }
}

/** Records the log lines at `log.level: info`, and the names of all events. */
export class RecordingTelemetry implements Telemetry {
  readonly lines: { readonly message: string; readonly facts: Facts; readonly cause?: unknown }[] = [];
  /** The names and levels of all events, including those at level debug. */
  readonly events: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly event: string }[] = [];
  readonly counted: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    /** If it is more than 1. */
    readonly by?: number;
  }[] = [];
  /** The counted lookups: source, way, outcome and number. */
  readonly lookups: string[] = [];
  readonly observed: { readonly name: string; readonly value: number; readonly labels: object }[] = [];

  debug(_message: string, { event }: LogEvent): void {
    this.events.push({ level: 'debug', event });
  }

  info(message: string, { event, ...facts }: LogEvent): void {
    this.events.push({ level: 'info', event });
    this.lines.push({ message, facts });
  }

  warn(message: string, { event, ...facts }: LogEvent, cause?: unknown): void {
    this.events.push({ level: 'warn', event });
    this.lines.push({ message, facts, cause });
  }

  error(message: string, { event, ...facts }: LogEvent, cause?: unknown): void {
    this.events.push({ level: 'error', event });
    this.lines.push({ message, facts, cause });
  }

  /** Counting by 0 only declares a counter. */
  count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    if (name === 'lookups') this.lookups.push(`${labels['source']} ${labels['way']} ${labels['outcome']} ${by}`);
    else if (by > 0) this.counted.push({ name, labels, ...(by > 1 && { by }) });
  }

  observe(name: string, value: number, labels: object = {}): void {
    this.observed.push({ name, value, labels });
  }

  /** The fields of each log line with this message. */
  all(message: string): readonly Facts[] {
    return this.lines.filter((line) => line.message === message).map(({ facts }) => facts);
  }
}

/** The search of a homeserver: the tokens that it accepts, and its response. */
export class FakeUserDirectory implements UserDirectory {
  readonly users = new Map<string, Mxid>();
  /** The requests that it received. */
  readonly questions: UserDirectoryQuestion[] = [];
  whoamis = 0;
  answer: UserDirectoryAnswer = { status: 200, body: '{"limited":false,"results":[]}' };
  /** If set, requests reject with this error, or never complete. */
  failure: Error | 'silence' | undefined;
  whoamiFailure: Error | 'silence' | undefined;

  /** By user ID. `asked` are the users whose profiles were requested. */
  readonly profiles = new Map<Mxid, UserProfile>();
  readonly asked: Mxid[] = [];
  profileFailure: Error | undefined;

  async whoami({ accessToken }: UserDirectoryCaller): Promise<Mxid | undefined> {
    this.whoamis += 1;
    await failing(this.whoamiFailure);
    return this.users.get(accessToken);
  }

  async profile(_caller: UserDirectoryCaller, user: Mxid): Promise<UserProfile | undefined> {
    this.asked.push(user);
    await failing(this.profileFailure);
    return this.profiles.get(user);
  }

  async search(question: UserDirectoryQuestion): Promise<UserDirectoryAnswer> {
    this.questions.push(question);
    await failing(this.failure);
    return this.answer;
  }
}

async function failing(failure: Error | 'silence' | undefined): Promise<void> {
  if (failure === 'silence') await new Promise<never>(() => undefined);
  if (failure instanceof Error) throw failure;
}

export const alice: Mxid = '@alice:example.org';
export const bob: Mxid = '@bob:example.org';

interface FakeEntry {
  /** The id that the entry reports, if it differs from its key. */
  readonly id?: string;
  readonly base: string;
  readonly mxid: Mxid | undefined;
  readonly threepids: readonly Threepid[];
  readonly skipped: readonly string[];
  readonly isUnlisted?: boolean;
  readonly searchText?: SearchText;
}

/** A directory that supports listings and lookups. Each entry is a separate page. */
export class FakeDirectory implements Directory, ThreepidSource {
  readonly isAuthoritative = true;
  hasStableIds = true;
  keepsNames = false;
  bases: readonly string[] = ['people'];
  /** The warnings for parts that returned nothing. */
  warnings: Readonly<Record<string, string>> = {};
  /** If set, lookups and listings reject with this error. */
  failure: Error | undefined;
  /** A listing fails after this number of entries. */
  breaksAfter = Infinity;
  /** The ids of the entries that were parsed, in order. */
  readonly read: string[] = [];
  /** How many listings were started, and how many are running. */
  readonly listings = { begun: 0, inFlight: 0, mostAtOnce: 0 };
  /** Whether it compares addresses exactly, including case. */
  isLiteral = false;
  /** Whether incremental syncs are supported. They report removed entries only if `extraIds` asks for them. */
  isFollowable = false;
  /** Why incremental syncs no longer work. */
  incrementalProblem: string | undefined;
  /** How often changes were requested. */
  asked = 0;
  private readonly entries = new Map<string, FakeEntry>();
  private readonly outside = new Set<string>();
  private readonly touched = new Map<string, number>();
  private time = 0;

  constructor(
    readonly name = 'staff',
    readonly derivesUserIds = true,
  ) {}

  /** Adds an entry, or replaces the one with this id. */
  put(id: string, mxid: Mxid | undefined, threepids: readonly Threepid[], more: Partial<FakeEntry> = {}): void {
    this.entries.set(id, { base: this.bases[0] ?? 'people', mxid, threepids, skipped: [], ...more });
    this.outside.delete(id);
    this.touched.set(id, ++this.time);
  }

  /** The entry still exists, but is no longer part of this directory. */
  leave(id: string): void {
    this.entries.delete(id);
    this.outside.add(id);
    this.touched.set(id, ++this.time);
  }

  remove(...ids: readonly string[]): void {
    for (const id of ids) this.entries.delete(id);
  }

  clear(): void {
    this.entries.clear();
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    if (this.failure) throw this.failure;
    return threepids.flatMap((threepid): readonly Finding[] => {
      const matches = (candidate: Threepid) =>
        sameThreepid(candidate, threepid) &&
        (!this.isLiteral || [threepid.address, threepid.alias].includes(candidate.alias ?? candidate.address));
      const assignments = [...this.entries].filter(([, { mxid, threepids: held }]) => mxid && held.some(matches));
      const [mxid, ...others] = new Set(assignments.map(([, entry]) => entry.mxid));
      if (mxid === undefined) return [];
      if (assignments.some(([, { isUnlisted }]) => isUnlisted))
        return [{ threepid, claimants: ['unlisted'], owner: mxid }];
      return [others.length > 0 ? { threepid, claimants: assignments.map(([id]) => `cn=${id}`) } : { threepid, mxid }];
    });
  }

  /** Entries without a user ID still own their addresses. */
  async findWithheld(threepids: readonly Threepid[]): Promise<readonly Ambiguous[]> {
    if (this.failure) throw this.failure;
    const nameless = [...this.entries.values()].filter(({ mxid }) => !mxid).flatMap((entry) => entry.threepids);
    return threepids.flatMap((threepid) =>
      nameless.some((candidate) => sameThreepid(candidate, threepid)) ? { threepid, claimants: ['cn=nameless'] } : [],
    );
  }

  async changes(since: string, extraIds: ExtraIds = async () => []): Promise<DirectoryChanges | undefined> {
    this.asked += 1;
    if (this.failure) throw this.failure;
    if (!this.isFollowable || this.incrementalProblem !== undefined) return undefined;
    const changed = [...this.touched].flatMap(([id, time]) => (time > Number(since) ? id : []));
    const pagesOf = (ids: readonly string[]) =>
      [...this.entries].flatMap(([id, entry]) =>
        ids.includes(entry.id ?? id) ? { base: entry.base, entries: [this.entry(id, entry)] } : [],
      );
    const present = pagesOf(changed.map((id) => this.entries.get(id)?.id ?? id));
    const extraEntries = await extraIds(present);
    present.push(...pagesOf(extraEntries));
    const gone = [
      ...changed.filter((id) => this.outside.has(id)),
      ...extraEntries.filter((id) => !this.entries.has(id)),
    ];
    return { present, gone, syncCursor: String(this.time) };
  }

  async *list(onBookmark?: (syncCursor: string) => void): AsyncGenerator<DirectoryPage> {
    const { time } = this;
    this.listings.begun += 1;
    this.listings.inFlight += 1;
    this.listings.mostAtOnce = Math.max(this.listings.mostAtOnce, this.listings.inFlight);
    try {
      if (this.failure) throw this.failure;
      let listed = 0;
      for (const [id, entry] of this.entries) {
        if (listed++ === this.breaksAfter) throw new Error('the connection broke');
        yield { base: entry.base, entries: [this.entry(id, entry)] };
      }
      for (const [part, warning] of Object.entries(this.warnings)) yield { base: part, entries: [], warning };
      if (this.isFollowable) onBookmark?.(String(time));
    } finally {
      this.listings.inFlight -= 1;
    }
  }

  private entry(id: string, entry: FakeEntry): DirectoryEntry {
    const { mxid, threepids, skipped } = entry;
    return {
      id: entry.id ?? id,
      label: `cn=${id}`,
      digest: JSON.stringify(entry),
      parse: () => {
        this.read.push(id);
        const unlisted = entry.isUnlisted && { isUnlisted: true as const };
        const search = entry.searchText && { searchText: entry.searchText };
        const named = { person: mxid && { mxid, threepids, ...unlisted, ...search }, skipped };
        return mxid ? named : { ...named, withheld: threepids };
      },
    };
  }
}
