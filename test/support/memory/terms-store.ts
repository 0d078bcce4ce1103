import type { Mxid } from '../../../src/domain/identifiers/mxid.js';
import type { TermsStore } from '../../../src/ports/terms-store.js';

export class MemoryTermsStore implements TermsStore {
  /** The time of the first acceptance of each URL. */
  private readonly urls = new Map<Mxid, ReadonlyMap<string, number>>();

  async accept(mxid: Mxid, urls: readonly string[], time: number): Promise<void> {
    const before = this.urls.get(mxid) ?? new Map<string, number>();
    this.urls.set(mxid, new Map([...urls.map((url) => [url, time] as const), ...before]));
  }

  async hasAccepted(mxid: Mxid, choices: readonly (readonly string[])[]): Promise<boolean> {
    return choices.every((choice) => choice.some((url) => this.urls.get(mxid)?.has(url)));
  }

  async purge(current: readonly string[], time: number, limit: number): Promise<number> {
    let removed = 0;
    for (const [mxid, urls] of this.urls) {
      const kept = [...urls].filter(
        ([url, acceptedAt]) => acceptedAt >= time || current.includes(url) || removed++ >= limit,
      );
      this.urls.set(mxid, new Map(kept));
    }
    return Math.min(removed, limit);
  }

  /** For stores: removes all of a user. */
  forget(mxid: Mxid): void {
    this.urls.delete(mxid);
  }

  /** For stores: removes what a user accepted before `time`. */
  revokeBefore(mxid: Mxid, time: number): void {
    const kept = [...(this.urls.get(mxid) ?? [])].filter(([, acceptedAt]) => acceptedAt >= time);
    this.urls.set(mxid, new Map(kept));
  }
}
