import { DomainError } from '../../domain/shared/errors.js';
import type { Clock } from '../../ports/clock.js';
import type { HomeserverKeys } from '../../ports/homeserver-keys.js';
import type { Signer } from '../../ports/signer.js';
import { reasonUnreached } from './error-messages.js';
import { type FederationClient, HomeserverUnreachableError } from './federation-client.js';
import { parseJsonObject } from './parse-json.js';
import { type PublishedKeys, readPublishedKeys } from './published-keys.js';

const PATH = '/_matrix/key/v2/server';
const MAX_BYTES = 64 * 1024;

/** How long a failure is cached, and the interval for fetching again when a key is missing. */
const RETRY_MS = 60_000;
/** Server names come from untrusted clients, so the oldest entries are evicted. */
const MOST_ENTRIES = 1_000;

interface Entry {
  /** The keys that were last published; `undefined` if none were ever fetched. */
  readonly published: PublishedKeys | undefined;
  readonly askedAt: number;
  /** Not fetched again before this time, unless a key is missing; ms since the epoch. */
  readonly askAgainAt: number;
  /** Why fetching failed at `askedAt`. */
  readonly failure: DomainError | undefined;
}

/** Signing keys from the configuration, or fetched and cached. */
export class HttpHomeserverKeys implements HomeserverKeys {
  private readonly entries = new Map<string, Entry>();
  private readonly asking = new Map<string, Promise<Entry>>();

  constructor(
    private readonly federation: FederationClient,
    private readonly signer: Pick<Signer, 'verify'>,
    private readonly clock: Clock,
    private readonly timeLimitMs = 10_000,
  ) {}

  async find(homeserver: string, keyId: string): Promise<string | undefined> {
    const pinned = this.federation.pinnedKeys(homeserver);
    if (pinned) return pinned.get(keyId);
    if (!this.federation.isAllowed(homeserver)) throw new DomainError('homeserver_not_allowed');
    const { published, failure } = await this.entry(homeserver, keyId);
    const isValid = published !== undefined && published.validUntil > this.clock.now();
    const key = isValid ? published.keys.get(keyId) : undefined;
    // After a failed fetch it is unknown whether the key exists.
    if (key === undefined && failure) throw failure;
    return key;
  }

  private async entry(homeserver: string, keyId: string): Promise<Entry> {
    const known = this.entries.get(homeserver);
    const now = this.clock.now();
    if (known) {
      const isMissing = known.published !== undefined && !known.published.keys.has(keyId);
      const askAgainAt = isMissing ? Math.min(known.askAgainAt, known.askedAt + RETRY_MS) : known.askAgainAt;
      // If the clock was set back, a failure must not be cached for longer than intended.
      if (known.askedAt <= now && now < askAgainAt) return known;
    }
    const inFlight = this.asking.get(homeserver);
    if (inFlight) return inFlight;
    const asked = this.ask(homeserver, known?.published);
    this.asking.set(homeserver, asked);
    try {
      const entry = await asked;
      this.remember(homeserver, entry);
      return entry;
    } finally {
      this.asking.delete(homeserver);
    }
  }

  /** @param before previous keys; they stay valid until their expiry if the homeserver does not respond now */
  private async ask(homeserver: string, before: PublishedKeys | undefined): Promise<Entry> {
    try {
      const published = await this.fetch(homeserver);
      const askedAt = this.clock.now();
      const askAgainAt = askedAt + (published.validUntil - askedAt) / 2;
      return { published, askedAt, askAgainAt, failure: undefined };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const askedAt = this.clock.now();
      return { published: before, askedAt, askAgainAt: askedAt + RETRY_MS, failure: error };
    }
  }

  private async fetch(homeserver: string): Promise<PublishedKeys> {
    const { timeLimitMs } = this;
    const answer = await this.federation
      .request(homeserver, { method: 'GET', path: PATH, timeLimitMs, maxBytes: MAX_BYTES })
      .catch((cause: unknown) => {
        if (!(cause instanceof HomeserverUnreachableError)) throw cause;
        throw refusal(homeserver, reasonUnreached(timeLimitMs, cause), cause);
      });
    const cause = new Error(`${answer.trail} -> ${answer.status}, ${answer.body.length} characters`);
    if (answer.status !== 200) throw refusal(homeserver, String(answer.status), cause);
    const content = parseJsonObject(answer.body);
    if (!content) throw refusal(homeserver, 'the answer is not JSON', cause);
    try {
      return await readPublishedKeys(homeserver, content, this.signer, this.clock.now());
    } catch (error) {
      throw refusal(homeserver, `the answer is not valid: ${(error as Error).message}`, cause);
    }
  }

  private remember(homeserver: string, entry: Entry): void {
    this.entries.delete(homeserver);
    this.entries.set(homeserver, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > MOST_ENTRIES && oldest !== undefined) this.entries.delete(oldest);
  }
}

const refusal = (homeserver: string, reason: string, cause?: Error): DomainError =>
  new DomainError('homeserver_failed', {
    message: `could not fetch the signing keys of ${homeserver}: ${reason}`,
    ...(cause && { cause }),
  });
