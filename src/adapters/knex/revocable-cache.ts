import { LRUCache } from 'lru-cache';
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

  /** Reads it, and remembers it unless something was revoked meanwhile. */
  async read(subject: string, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const { epoch } = this.revocations;
    const value = await load();
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
