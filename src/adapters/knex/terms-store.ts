import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { TermsStore } from '../../ports/terms-store.js';
import type { KnexChangeFeed } from './change-feed.js';
import { BY_ISLET, type Cause } from '../../domain/shared/cause.js';
import type { KnexAuditLog } from './audit-log.js';
import { RevocableCache } from './revocable-cache.js';
import { jsonArray } from './dialect.js';
import { isOneOf } from './rows.js';

type Choices = readonly (readonly string[])[];

export class KnexTermsStore implements TermsStore {
  /** For each user, known sets of terms that they have accepted. */
  private readonly remembered: RevocableCache<Choices>;

  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
    private readonly audit: KnexAuditLog,
  ) {
    this.remembered = new RevocableCache('terms', feed.revocations);
  }

  async accept(mxid: Mxid, urls: readonly string[], time: number, cause: Cause = BY_ISLET): Promise<void> {
    if (urls.length === 0) return;
    await this.db.transaction(async (trx) => {
      await trx<Row>('accepted_terms')
        .insert(urls.map((url) => ({ mxid, url, accepted_at: time })))
        .onConflict(['mxid', 'url'])
        .ignore();
      await this.audit.addWithin(
        trx,
        urls.map((url) => ({ action: 'terms_accepted', mxid, detail: url })),
        cause,
      );
    });
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
      const former: readonly Row[] = await isFormer(trx).orderBy('accepted_at').limit(limit);
      const entries = former.map(({ mxid, url }) => ({ action: 'terms_removed' as const, mxid, detail: url }));
      await this.audit.addWithin(trx, entries, BY_ISLET);
      const pairs = former.map(({ mxid, url }) => [mxid, url]);
      const isGone = trx.raw(`(mxid, url) in (select value->>0, value->>1 from ${jsonArray(trx)})`, [
        JSON.stringify(pairs),
      ]);
      return this.table(trx).where(isGone).delete();
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
