import type { Mxid } from '../../domain/mxid.js';
import type { TermsStore } from '../../ports/terms-store.js';

export class MemoryTermsStore implements TermsStore {
  private readonly urls = new Map<Mxid, ReadonlySet<string>>();

  async accept(mxid: Mxid, urls: readonly string[]): Promise<void> {
    this.urls.set(mxid, new Set([...(this.urls.get(mxid) ?? []), ...urls]));
  }

  async accepted(mxid: Mxid, urls: readonly string[]): Promise<readonly string[]> {
    return [...new Set(urls)].filter((url) => this.urls.get(mxid)?.has(url));
  }
}
