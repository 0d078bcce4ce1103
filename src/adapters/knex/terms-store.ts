import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { TermsStore } from '../../ports/terms-store.js';
import { isOneOf } from './rows.js';

export class KnexTermsStore implements TermsStore {
  constructor(private readonly db: Knex) {}

  async accept(mxid: Mxid, urls: readonly string[], time: number): Promise<void> {
    if (urls.length === 0) return;
    await this.table()
      .insert(urls.map((url) => ({ mxid, url, accepted_at: time })))
      .onConflict(['mxid', 'url'])
      .ignore();
  }

  async accepted(mxid: Mxid, urls: readonly string[]): Promise<readonly string[]> {
    return this.table()
      .where({ mxid })
      .where(isOneOf(this.db, 'url', urls))
      .pluck('url');
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
