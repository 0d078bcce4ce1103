import { isPepper } from '../../domain/identifiers/lookup-hash.js';
import type { ViaPath } from '../../ports/threepid-source.js';
import type { UpstreamServer } from './upstream-server.js';

/** Longer ones would be announced to every client and stored by every instance. */
const LONGEST_PEPPER = 256;

export interface HashDetail {
  readonly pepper: string;
  /** How it is asked about addresses that we know: in clear if it may be. */
  readonly algorithm: 'none' | 'sha256';
  /** Whether it can be asked about hashes. */
  readonly takesHashes: boolean;
  /** The identity servers that the pepper comes by, where the upstream says so: the one that made it first. */
  readonly viaPath: ViaPath;
}

/** The pepper of an upstream and how it lets itself be asked; kept until it turns out stale. */
export class HashDetails {
  /** The pepper before the one that is known, for as long as the upstream has not refused it. */
  private former: string | undefined;
  private known: HashDetail | undefined;
  private asking: Promise<HashDetail> | undefined;
  /** Questions are numbered: the answer to an older one than was answered already is stale. */
  private asked = 0;
  private answered = 0;
  /** The pepper that was told by `renew` last. */
  private reported: string | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly server: UpstreamServer) {}

  /** What is known, or else asked. Callers at the same time share one request. */
  async get(deadline: number): Promise<HashDetail> {
    if (this.known) return this.known;
    this.asking ??= this.ask(deadline).finally(() => (this.asking = undefined));
    const details = await this.asking;
    if (details.pepper !== this.reported) this.tellChange();
    return details;
  }

  /** Asks anew. If that fails, what was known stays so. */
  async renew(deadline: number): Promise<HashDetail> {
    const details = await this.ask(deadline);
    this.reported = details.pepper;
    return details;
  }

  /** Whether the upstream may be asked under it. */
  isAskable(pepper: string, { pepper: known, takesHashes }: HashDetail): boolean {
    return takesHashes && (pepper === known || pepper === this.former);
  }

  /** The upstream has refused it: the next `get` asks again if it was taken for the present one. */
  refused(pepper: string, details: HashDetail): void {
    if (this.former === pepper) this.former = undefined;
    if (details.pepper === pepper) this.forget(details);
  }

  /** Has the next `get` ask again, unless that happened already. */
  forget(stale: HashDetail): void {
    if (this.known !== undefined && this.known.pepper !== stale.pepper) return;
    this.known = undefined;
    this.answered = this.asked;
    this.tellChange();
  }

  /** Calls back when `get` learns another pepper than `renew` told last, or a lookup has shown that it is stale. */
  onChange(listener: () => void): { close(): void } {
    const own = () => listener();
    this.listeners.add(own);
    return { close: () => void this.listeners.delete(own) };
  }

  private tellChange(): void {
    for (const listener of this.listeners) listener();
  }

  private async ask(deadline: number): Promise<HashDetail> {
    const question = ++this.asked;
    const path = '/_matrix/identity/v2/hash_details';
    const { answer: reply, viaPath } = await this.server.askForReply(path, undefined, 64 * 1024, deadline);
    const pepper: unknown = 'lookup_pepper' in reply ? reply.lookup_pepper : undefined;
    const listed: unknown = 'algorithms' in reply ? reply.algorithms : undefined;
    const algorithms: readonly unknown[] = Array.isArray(listed) ? listed : [];
    const algorithm = (['none', 'sha256'] as const).find((each) => algorithms.includes(each));
    if (typeof pepper !== 'string' || !isPepper(pepper) || pepper.length > LONGEST_PEPPER) {
      throw this.unusable('its pepper is none that clients could use');
    }
    if (!algorithm) throw this.unusable('it lists no algorithm that we know');
    const details = { pepper, algorithm, takesHashes: algorithms.includes('sha256'), viaPath };
    if (question > this.answered) {
      if (this.known && this.known.pepper !== pepper) this.former = this.known.pepper;
      this.known = details;
      this.answered = question;
    }
    return details;
  }

  private unusable(reason: string): Error {
    return new Error(`${this.server.origin} answered 200, but with no hash details that can be used: ${reason}`);
  }
}
