import { LRUCache } from 'lru-cache';
import { StoreUnavailableError } from '../../domain/shared/errors.js';
import type { Revocable, RevocationKind, Revocations } from './revocations.js';

const MOST_REMEMBERED = 50_000;

/** Caches values from the database until they are revoked. Missing values are not cached. */
export class RevocableCache<V extends {}> implements Revocable {
  /** Each value has the size 1. With `max` instead, the cache would allocate room for all of them at once. */
  private readonly values = new LRUCache<string, V>({ maxSize: MOST_REMEMBERED, sizeCalculation: () => 1 });

  constructor(
    readonly kind: RevocationKind,
    private readonly revocations: Revocations,
  ) {
    revocations.register(this);
  }

  /** The cached value, if the cache is up to date. */
  get(subject: string): V | undefined {
    return this.revocations.isUpToDate() ? this.values.get(subject) : undefined;
  }

  /**
   * Reads a value, and caches it unless something was revoked meanwhile.
   *
   * @param outageMs maximum age of a cached value that may be used while the database is unavailable
   */
  async read(subject: string, outageMs: number, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const { epoch } = this.revocations;
    const value = await load().catch((error: unknown) => {
      const known = error instanceof StoreUnavailableError ? this.values.get(subject) : undefined;
      if (known === undefined || this.revocations.staleMs() > outageMs) throw error;
      return known;
    });
    if (value !== undefined && epoch === this.revocations.epoch) this.values.set(subject, value);
    return value;
  }

  forget(subject: string): void {
    this.values.delete(subject);
  }

  forgetAll(): void {
    this.values.clear();
  }
}
