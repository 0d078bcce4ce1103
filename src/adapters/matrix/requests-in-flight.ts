import { DomainError } from '../../domain/shared/errors.js';

/** The retry delay in the response to a rejected request. */
const ASK_AGAIN_MS = 2_000;

/**
 * Limits concurrent requests, both per homeserver and in total, so that one that does not respond cannot use all
 * capacity.
 */
export class RequestsInFlight {
  private readonly byHomeserver = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly mostOfOne: number,
    private readonly most: number,
  ) {}

  /** @throws DomainError `limit_exceeded` immediately if a limit is reached; otherwise what `ask` throws */
  async run<T>(homeserver: string, ask: () => Promise<T>): Promise<T> {
    const before = this.byHomeserver.get(homeserver) ?? 0;
    if (before >= this.mostOfOne || this.count >= this.most) {
      const limit = before >= this.mostOfOne ? 'in flight of one homeserver' : 'in flight';
      throw new DomainError('limit_exceeded', { facts: { limit } }, { retry_after_ms: ASK_AGAIN_MS });
    }
    this.byHomeserver.set(homeserver, before + 1);
    this.count += 1;
    try {
      return await ask();
    } finally {
      this.count -= 1;
      const now = (this.byHomeserver.get(homeserver) ?? 1) - 1;
      if (now === 0) this.byHomeserver.delete(homeserver);
      else this.byHomeserver.set(homeserver, now);
    }
  }
}
