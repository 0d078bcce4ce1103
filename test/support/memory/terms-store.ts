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

  /** For stores: removes what a user accepted before `time`. */
  revokeBefore(mxid: Mxid, time: number): void {
    const kept = [...(this.urls.get(mxid) ?? [])].filter(([, acceptedAt]) => acceptedAt >= time);
    this.urls.set(mxid, new Map(kept));
  }
}
