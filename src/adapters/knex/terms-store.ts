import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { TermsStore } from '../../ports/terms-store.js';
import type { KnexChangeFeed } from './change-feed.js';
import { RevocableCache } from './revocable-cache.js';
import { isOneOf } from './rows.js';

type Choices = readonly (readonly string[])[];

export class KnexTermsStore implements TermsStore {
  /** For each user, known sets of terms that they have accepted. */
  private readonly remembered: RevocableCache<Choices>;

  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
  ) {
    this.remembered = new RevocableCache('terms', feed.revocations);
  }

  async accept(mxid: Mxid, urls: readonly string[], time: number): Promise<void> {
    if (urls.length === 0) return;
    await this.table()
      .insert(urls.map((url) => ({ mxid, url, accepted_at: time })))
      .onConflict(['mxid', 'url'])
      .ignore();
  }

  async hasAccepted(mxid: Mxid, choices: Choices, outageMs = 0): Promise<boolean> {
    if (this.remembered.get(mxid) === choices) return true;
    const enough = await this.remembered.read(mxid, outageMs, async () => {
      const urls: readonly string[] = await this.table()
        .where({ mxid })
        .where(isOneOf(this.db, 'url', choices.flat()))
        .pluck('url');
      const accepted = new Set(urls);
      return choices.every((choice) => choice.some((url) => accepted.has(url))) ? choices : undefined;
    });
    return enough === choices;
  }

  async purge(current: readonly string[], time: number, limit: number): Promise<number> {
    const isFormer = (db: Knex) =>
      this.table(db)
        .where('accepted_at', '<', time)
        .whereNot(isOneOf(db, 'url', current));
    // Usually there is nothing to do, and no lock is needed to find out.
    if (!(await isFormer(this.db).first())) return 0;
    return this.feed.transaction(async (trx): Promise<number> => {
      // Acquired before the row locks: the trigger that records a revocation holds this lock as well.
      await this.feed.lock(trx);
      return this.table(trx)
        .whereIn(['mxid', 'url'], isFormer(trx).orderBy('accepted_at').limit(limit).select('mxid', 'url'))
        .delete();
    });
  }

  private table(db: Knex = this.db) {
    return db<Row>('accepted_terms');
  }
}

interface Row {
  readonly mxid: Mxid;
  readonly url: string;
  readonly accepted_at: number;
}
