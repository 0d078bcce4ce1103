import { isPepper } from '../../domain/hashing.js';
import type { UpstreamServer } from './upstream-server.js';

export interface HashDetail {
  readonly pepper: string;
  readonly algorithm: 'none' | 'sha256';
}

/** The pepper of an upstream and how it lets itself be asked, in clear if it may be; kept until it turns out stale. */
export class HashDetails {
  private known: Promise<HashDetail> | undefined;

  constructor(private readonly server: UpstreamServer) {}

  /** Callers at the same time share one request. */
  async get(deadline: number): Promise<HashDetail> {
    const known = (this.known ??= this.ask(deadline));
    try {
      return await known;
    } catch (error) {
      if (this.known === known) this.known = undefined;
      throw error;
    }
  }

  /** Has the next `get` ask again, unless that happened already. */
  async forget(stale: HashDetail): Promise<void> {
    const known = this.known;
    if ((await known) === stale && this.known === known) this.known = undefined;
  }

  private async ask(deadline: number): Promise<HashDetail> {
    const reply = await this.server.ask('/_matrix/identity/v2/hash_details', undefined, 64 * 1024, deadline);
    const pepper: unknown = 'lookup_pepper' in reply ? reply.lookup_pepper : undefined;
    const algorithms: unknown = 'algorithms' in reply ? reply.algorithms : undefined;
    const algorithm = (['none', 'sha256'] as const).find(
      (each) => Array.isArray(algorithms) && algorithms.includes(each),
    );
    if (typeof pepper !== 'string' || !isPepper(pepper) || !algorithm) {
      throw new Error(`${this.server.origin} answered 200, but with no hash details that can be used`);
    }
    return { pepper, algorithm };
  }
}
