import type { Medium, Threepid } from './domain/identifiers/threepid.js';
import type { Facts } from './ports/telemetry.js';

export type { Facts, Medium, Threepid };

/** One threepid and the user behind it. */
export interface Association {
  readonly threepid: Threepid;
  /** A complete Matrix ID: `@alice:example.org`. */
  readonly mxid: string;
  /** If true, lookups do not return the user, but no other user may bind the address. */
  readonly isUnlisted?: boolean;
  /**
   * What is known about the user, such as `{ displayName: 'Alice Miller', department: 'Sales' }`. Of this, Islet keeps
   * what `search` names in the configuration, and only if people of this source are found by name.
   */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** The threepid is known, but not which user it belongs to: the lookup returns no user, and no later source is asked. */
export interface Ambiguous {
  readonly threepid: Threepid;
  /** Who claims it, as text for the operator. */
  readonly claimants: readonly string[];
}

/** A custom source: it knows which users have which threepids. */
export interface ThreepidSource {
  /**
   * The users of `threepids`, which are canonical and may be thousands. Unknown ones are omitted; the order does not
   * matter. Rejects if the source fails: that is not the same as an empty answer.
   *
   * @param signal aborted when the time limit has passed and the answer is no longer needed
   */
  find(threepids: readonly Threepid[], signal: AbortSignal): Promise<readonly (Association | Ambiguous)[]>;

  /**
   * All associations, in agreement with `find`. A source with this function is mirrored and answers hashed lookups.
   * Throws if it cannot be read completely: the listing is then not used.
   */
  all?(signal: AbortSignal): AsyncIterable<Association>;

  /** Closes what it opened. There are no calls afterwards. */
  close?(): void | Promise<void>;
}

/** The default export of a module that is configured with `use`. `options` is the value of `with`. */
export type OpenSource<Options = unknown> = (
  options: Options,
  context: SourceContext,
) => ThreepidSource | Promise<ThreepidSource>;

/** What Islet gives to a source. */
export interface SourceContext {
  /** The name of the source, as configured. */
  readonly name: string;
  readonly log: SourceLog;
  /** HTTP with limits, see `SourceFetch`. */
  readonly fetch: SourceFetch;
  /** A folder for this source only. It exists, and only the user of the server can read it. */
  readonly cacheFolder: string;
  /** The base of relative paths in the configuration. */
  readonly configFolder: string;
  readonly threepids: ThreepidReaders;
}

/** Writes to the log, with the name of the source. Do not log addresses, tokens or secrets. */
export interface SourceLog {
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts, cause?: unknown): void;
}

/**
 * The standard `fetch`, with text as a body and GET, POST and PUT. It does not follow redirects, and rejects after 30
 * seconds and for responses above 50 MB. Servers whose URL is in `with` may have any address; all others must have a
 * public one.
 */
export type SourceFetch = (
  url: string | URL,
  init?: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal?: AbortSignal;
  },
) => Promise<Response>;

/** Convert text into canonical threepids; `undefined` if it is not valid. */
export interface ThreepidReaders {
  /** One mailbox, without a display name: `Alice@Example.org` is `alice@example.org`. */
  email(text: string): Threepid | undefined;
  /** The digits of an international number: `492215551234`. */
  msisdn(digits: string): Threepid | undefined;
  /** A number as people write it: `+49 221 5551234`, or with the region `DE` `0221 5551234`. */
  readPhoneNumber(text: string, region?: string): Threepid | undefined;
}
