import type { Medium, Threepid } from './domain/identifiers/threepid.js';
import type { Facts } from './ports/telemetry.js';

export type { Facts, Medium, Threepid };

/** One threepid and the user behind it. */
export interface Association {
  readonly threepid: Threepid;
  /** A whole Matrix ID: `@alice:example.org`. */
  readonly mxid: string;
  /** Whether this is told to nobody who looks for the address, although it is theirs and nobody else may have it. */
  readonly isUnlisted?: boolean;
  /**
   * What is known about the user, such as `{ displayName: 'Alice Miller', department: 'Sales' }`. Of this, Islet keeps
   * what `search` names in the configuration, and only if people of this source are found by name.
   */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** This threepid is known, but not whose it is: nobody is answered, and no later source is asked. */
export interface Ambiguous {
  readonly threepid: Threepid;
  /** Who lays claim to it, in words for the operator. */
  readonly claimants: readonly string[];
}

/** Something of your own that knows which user is behind a threepid. */
export interface ThreepidSource {
  /**
   * What it knows of `threepids`, which are canonical and may be thousands. Unknown ones are left
   * out, the order is free. Rejects if it could not find out: that is not the same as "nobody".
   *
   * @param signal aborted when the time limit has passed and nobody waits any more
   */
  find(threepids: readonly Threepid[], signal: AbortSignal): Promise<readonly (Association | Ambiguous)[]>;

  /**
   * Everything it knows, in agreement with `find`. With it the source is mirrored and takes part in
   * hashed lookups. Throws if it cannot be read to its end: then nothing that it yielded counts.
   */
  all?(signal: AbortSignal): AsyncIterable<Association>;

  /** Ends what it opened. Nothing is asked afterwards. */
  close?(): void | Promise<void>;
}

/** What a module that is named by `use` exports by default. `options` are what stands under `with`. */
export type OpenSource<Options = unknown> = (
  options: Options,
  context: SourceContext,
) => ThreepidSource | Promise<ThreepidSource>;

/** What Islet gives to a source. */
export interface SourceContext {
  /** The name of the source, as configured. */
  readonly name: string;
  readonly log: SourceLog;
  /** HTTP within limits, see `SourceFetch`. */
  readonly fetch: SourceFetch;
  /** A folder for this source alone. It exists, and nobody else may read it. */
  readonly cacheFolder: string;
  /** What relative paths in the configuration start from. */
  readonly configFolder: string;
  readonly threepids: ThreepidReaders;
}

/** Goes to the log with the name of the source. Never give it an address, a token or a secret. */
export interface SourceLog {
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts, cause?: unknown): void;
}

/**
 * The `fetch` of browsers and Node, of which it takes text as a body and GET, POST and PUT. It
 * follows no redirect, and rejects after 30 seconds and for answers above 50 MB. Servers whose URL
 * stands under `with` may be anywhere, all others must have a public address.
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

/** From text as people write it to threepids as Islet compares them; `undefined` for what is none. */
export interface ThreepidReaders {
  /** One mailbox, without a display name: `Alice@Example.org` is `alice@example.org`. */
  email(text: string): Threepid | undefined;
  /** The digits of an international number: `492215551234`. */
  msisdn(digits: string): Threepid | undefined;
  /** A number as people write it: `+49 221 5551234`, or with the region `DE` `0221 5551234`. */
  readPhoneNumber(text: string, region?: string): Threepid | undefined;
}
