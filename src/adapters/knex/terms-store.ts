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
    feed: KnexChangeFeed,
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

  private table() {
    return this.db<Row>('accepted_terms');
  }
}

interface Row {
  readonly mxid: Mxid;
  readonly url: string;
  readonly accepted_at: number;
}
