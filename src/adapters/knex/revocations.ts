import type { Knex } from 'knex';
import { isPostgres } from './dialect.js';

/** Maximum time after which every instance stops using a revoked value. */
const LONGEST_UNAWARE_MS = 1_000;
const LOOK_EVERY_MS = 400;
const MOST_AT_ONCE = 10_000;

export type RevocationKind = 'token' | 'terms';

/** A cache whose entries can be revoked. */
export interface Forgetful {
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

  private readonly remembering: Forgetful[] = [];
  private position: number | undefined;
  private lookedAt = -Infinity;
  private followers = 0;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly db: Knex) {}

  /**
   * Whether everything that was revoked more than a second ago is known here. An SQLite file has one process, whose
   * stores report their revocations directly.
   */
  isUpToDate(): boolean {
    if (this.position === undefined) return false;
    return !isPostgres(this.db) || performance.now() - this.lookedAt < LONGEST_UNAWARE_MS;
  }

  /** Time since the last successful check for revocations of other instances, in ms. */
  unawareMs(): number {
    return performance.now() - this.lookedAt;
  }

  register(forgetful: Forgetful): void {
    this.remembering.push(forgetful);
  }

  /** For stores: a revocation by this instance. */
  revoked(kind: RevocationKind, subject: string): void {
    this.epoch++;
    for (const one of this.remembering) if (one.kind === kind) one.forget(subject);
  }

  /** For stores: checks immediately, after a transaction that may have revoked anything. */
  look(): Promise<void> {
    if (this.followers === 0) return Promise.resolve();
    this.looking = this.looking.then(() => this.read()).catch(ignore);
    return this.looking;
  }

  /** Keeps `isUpToDate` true until it is closed. */
  follow(): { close(): void } {
    this.followers++;
    if (this.followers === 1) this.keepLooking();
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

  private keepLooking(): void {
    void this.look().then(() => {
      if (this.followers === 0) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.keepLooking(), LOOK_EVERY_MS).unref();
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
    this.lookedAt = since;
  }

  private startAgain(position: number): void {
    this.epoch++;
    for (const one of this.remembering) one.forgetAll();
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
