import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { AccountStore } from '../../ports/account-store.js';
import type { KnexChangeFeed } from './change-feed.js';
import { RevocableCache } from './revocable-cache.js';

export class KnexAccountStore implements AccountStore {
  private readonly remembered: RevocableCache<Mxid>;

  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
  ) {
    this.remembered = new RevocableCache('token', feed.revocations);
  }

  async addToken(accessToken: string, mxid: Mxid, createdAt: number): Promise<void> {
    await this.table().insert({ token_hash: hashOf(accessToken), mxid, created_at: createdAt });
  }

  async find(accessToken: string): Promise<Mxid | undefined> {
    const token_hash = hashOf(accessToken);
    return (
      this.remembered.get(token_hash) ??
      this.remembered.read(token_hash, async () => (await this.table().where({ token_hash }).first())?.mxid)
    );
  }

  async removeToken(accessToken: string): Promise<boolean> {
    const token_hash = hashOf(accessToken);
    const removed = await this.db.transaction(async (trx): Promise<number> => {
      // Before the row: whoever notes a revocation holds it too.
      await this.feed.lock(trx);
      return this.table(trx).where({ token_hash }).delete();
    });
    this.feed.revocations.revoked('token', token_hash);
    return removed > 0;
  }

  private table(db: Knex = this.db) {
    return db<Row>('access_tokens');
  }
}

interface Row {
  readonly token_hash: string;
  readonly mxid: Mxid;
  readonly created_at: number;
}

const hashOf = (accessToken: string) => hash('sha256', accessToken);
