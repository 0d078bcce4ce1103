import { LRUCache } from 'lru-cache';
import { StoreUnavailableError } from '../../domain/shared/errors.js';
import type { Forgetful, RevocationKind, Revocations } from './revocations.js';

const MOST_REMEMBERED = 50_000;

/** Remembers what was read of the database until it is revoked; what is not there is asked for each time. */
export class RevocableCache<V extends {}> implements Forgetful {
  private readonly values = new LRUCache<string, V>({ max: MOST_REMEMBERED });

  constructor(
    readonly kind: RevocationKind,
    private readonly revocations: Revocations,
  ) {
    revocations.register(this);
  }

  /** What is remembered of it, if that may be used. */
  get(subject: string): V | undefined {
    return this.revocations.isUpToDate() ? this.values.get(subject) : undefined;
  }

  /**
   * Reads it, and remembers it unless something was revoked meanwhile.
   *
   * @param outageMs while nothing can be read, what was known so long ago at most is good enough
   */
  async read(subject: string, outageMs: number, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const { epoch } = this.revocations;
    const value = await load().catch((error: unknown) => {
      const known = error instanceof StoreUnavailableError ? this.values.get(subject) : undefined;
      if (known === undefined || this.revocations.unawareMs() > outageMs) throw error;
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
