import { isPepper } from '../../domain/identifiers/lookup-hash.js';
import type { ViaPath } from '../../ports/threepid-source.js';
import type { UpstreamServer } from './upstream-server.js';

/** A longer pepper is rejected: it would be announced to every client and stored by every instance. */
const LONGEST_PEPPER = 256;

export interface HashDetail {
  readonly pepper: string;
  /** The algorithm for lookups of known addresses: `none` (clear text) if the upstream supports it. */
  readonly algorithm: 'none' | 'sha256';
  /** Whether the upstream supports lookups by hash. */
  readonly takesHashes: boolean;
  /**
   * The identity servers through which the pepper was received, if the upstream names them. The server that created it
   * comes first.
   */
  readonly viaPath: ViaPath;
}

/** The pepper and lookup algorithms of an upstream, cached until they turn out to be stale. */
export class HashDetails {
  /** The previous pepper, kept until the upstream refuses it. */
  private former: string | undefined;
  private known: HashDetail | undefined;
  private asking: Promise<HashDetail> | undefined;
  /** Requests are numbered: an answer to a request older than the last answered one is stale. */
  private asked = 0;
  private answered = 0;
  /** The pepper that `renew` returned last. */
  private reported: string | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly server: UpstreamServer) {}

  /** The cached details, or else fetched ones. Concurrent callers share one request. */
  async get(deadline: number): Promise<HashDetail> {
    if (this.known) return this.known;
    this.asking ??= this.ask(deadline).finally(() => (this.asking = undefined));
    const details = await this.asking;
    if (details.pepper !== this.reported) this.reportChange();
    return details;
  }

  /** Fetches the details again. If that fails, the cached ones stay. */
  async renew(deadline: number): Promise<HashDetail> {
    const details = await this.ask(deadline);
    this.reported = details.pepper;
    return details;
  }

  /** Whether lookups under this pepper can be sent to the upstream. */
  isAskable(pepper: string, { pepper: known, takesHashes }: HashDetail): boolean {
    return takesHashes && (pepper === known || pepper === this.former);
  }

  /**
   * The upstream refused this pepper. If it was cached as the current one, the next `get` fetches the details again.
   */
  refused(pepper: string, details: HashDetail): void {
    if (this.former === pepper) this.former = undefined;
    if (details.pepper === pepper) this.forget(details);
  }

  /** Makes the next `get` fetch the details again, unless they were already replaced. */
  forget(stale: HashDetail): void {
    if (this.known !== undefined && this.known.pepper !== stale.pepper) return;
    this.known = undefined;
    this.answered = this.asked;
    this.reportChange();
  }

  /**
   * Calls `listener` when `get` receives a pepper other than the one `renew` returned last, or when a lookup has shown
   * that the pepper is stale.
   */
  onChange(listener: () => void): { close(): void } {
    const own = () => listener();
    this.listeners.add(own);
    return { close: () => void this.listeners.delete(own) };
  }

  private reportChange(): void {
    for (const listener of this.listeners) listener();
  }

  private async ask(deadline: number): Promise<HashDetail> {
    const question = ++this.asked;
    const path = '/_matrix/identity/v2/hash_details';
    const { answer: reply, viaPath } = await this.server.askForReply(path, undefined, 64 * 1024, deadline);
    const pepper: unknown = 'lookup_pepper' in reply ? reply.lookup_pepper : undefined;
    const listed: unknown = 'algorithms' in reply ? reply.algorithms : undefined;
    const algorithms: readonly unknown[] = Array.isArray(listed) ? listed : [];
    const algorithm = (['none', 'sha256'] as const).find((name) => algorithms.includes(name));
    if (typeof pepper !== 'string' || !isPepper(pepper) || pepper.length > LONGEST_PEPPER) {
      throw this.unusable('clients cannot use its pepper');
    }
    if (!algorithm) throw this.unusable('it supports no algorithm that Islet knows');
    const details = { pepper, algorithm, takesHashes: algorithms.includes('sha256'), viaPath };
    if (question > this.answered) {
      if (this.known && this.known.pepper !== pepper) this.former = this.known.pepper;
      this.known = details;
      this.answered = question;
    }
    return details;
  }

  private unusable(reason: string): Error {
    return new Error(`${this.server.origin} answered 200, but its hash details cannot be used: ${reason}`);
  }
}
