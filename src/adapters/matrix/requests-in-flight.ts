import { DomainError } from '../../domain/shared/errors.js';

/** Whoever is refused asks again after this. */
const ASK_AGAIN_MS = 2_000;

/** Bounds what waits at the same time for homeservers: one that hangs holds as much as it may, and all together too. */
export class RequestsInFlight {
  private readonly byHomeserver = new Map<string, number>();
  private count = 0;

  constructor(
    private readonly mostOfOne: number,
    private readonly most: number,
  ) {}

  /** @throws DomainError `limit_exceeded` at once where too much waits already; otherwise what `ask` throws */
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
