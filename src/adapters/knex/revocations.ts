import type { Knex } from 'knex';
import { isPostgres } from './dialect.js';

/** Maximum time after which every instance stops using a revoked value. */
const LONGEST_STALE_MS = 1_000;
const POLL_MS = 400;
const MOST_AT_ONCE = 10_000;

export type RevocationKind = 'token' | 'terms';

/** A cache whose entries can be revoked. */
export interface Revocable {
  readonly kind: RevocationKind;
  forget(subject: string): void;
  forgetAll(): void;
}

/**
 * Revoked access tokens and terms. Triggers in the database record every deletion of such a row. Cached values may only
 * be used while this record is followed.
 */
export class Revocations {
  /** Changes with every revocation: values that were read before must not be cached afterwards. */
  epoch = 0;

  private readonly caches: Revocable[] = [];
  private position: number | undefined;
  private polledAt = -Infinity;
  private followers = 0;
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> = Promise.resolve();

  constructor(private readonly db: Knex) {}

  /**
   * Whether everything that was revoked more than a second ago is known here. An SQLite file has one process, whose
   * stores report their revocations directly.
   */
  isUpToDate(): boolean {
    if (this.position === undefined) return false;
    return !isPostgres(this.db) || performance.now() - this.polledAt < LONGEST_STALE_MS;
  }

  /** Time since the last successful check for revocations of other instances, in ms. */
  staleMs(): number {
    return performance.now() - this.polledAt;
  }

  register(cache: Revocable): void {
    this.caches.push(cache);
  }

  /** For stores: a revocation by this instance. */
  revoked(kind: RevocationKind, subject: string): void {
    this.epoch++;
    for (const cache of this.caches) if (cache.kind === kind) cache.forget(subject);
  }

  /** For stores: checks immediately, after a transaction that may have revoked anything. */
  poll(): Promise<void> {
    if (this.followers === 0) return Promise.resolve();
    this.polling = this.polling.then(() => this.read()).catch(ignore);
    return this.polling;
  }

  /** Keeps `isUpToDate` true until it is closed. */
  follow(): { close(): void } {
    this.followers++;
    if (this.followers === 1) this.keepPolling();
    return {
      close: () => {
        this.followers--;
        if (this.followers > 0) return;
        clearTimeout(this.timer);
        this.position = undefined;
      },
    };
  }

  async purge(time: number): Promise<void> {
    const last = await this.table().where('made_at', '<', time).orderBy('position', 'desc').first();
    if (!last) return;
    await this.db.transaction(async (trx) => {
      await this.table(trx).where('position', '<=', last.position).delete();
      await this.purged(trx).where('position', '<', last.position).update({ position: last.position });
    });
  }

  private keepPolling(): void {
    void this.poll().then(() => {
      if (this.followers === 0) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keepPolling(), POLL_MS).unref();
    });
  }

  private async read(): Promise<void> {
    const since = performance.now();
    if (this.position === undefined) {
      const position = await this.newest();
      // Values cached so far are older than this position, and a revocation in between would be missed.
      this.startAgain(position);
    } else {
      const rows = await this.table().where('position', '>', this.position).orderBy('position').limit(MOST_AT_ONCE);
      const purged = await this.purged().first();
      if (rows.length === MOST_AT_ONCE || (purged && this.position < purged.position)) {
        this.startAgain(await this.newest());
      } else {
        for (const { kind, subject } of rows) this.revoked(kind, subject);
        this.position = rows.at(-1)?.position ?? this.position;
      }
    }
    this.polledAt = since;
  }

  private startAgain(position: number): void {
    this.epoch++;
    for (const cache of this.caches) cache.forgetAll();
    this.position = this.followers > 0 ? position : undefined;
  }

  private async newest(): Promise<number> {
    const newest = await this.table().max({ position: 'position' }).first();
    return newest?.position ?? (await this.purged().first())?.position ?? 0;
  }

  private table(db: Knex = this.db) {
    return db<Row>('revocations');
  }

  private purged(db: Knex = this.db) {
    return db<{ position: number }>('revocations_purged');
  }
}

interface Row {
  readonly position: number;
  readonly made_at: number;
  readonly kind: RevocationKind;
  readonly subject: string;
}

/** Other callers report an unavailable database; meanwhile nothing is up to date. */
const ignore = (): void => undefined;
