import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { AccountStore } from '../../ports/account-store.js';

export class KnexAccountStore implements AccountStore {
  constructor(private readonly db: Knex) {}

  async addToken(accessToken: string, mxid: Mxid, createdAt: number): Promise<void> {
    await this.table().insert({ token_hash: hashOf(accessToken), mxid, created_at: createdAt });
  }

  async find(accessToken: string): Promise<Mxid | undefined> {
    const row = await this.table()
      .where({ token_hash: hashOf(accessToken) })
      .first();
    return row?.mxid;
  }

  async removeToken(accessToken: string): Promise<boolean> {
    const removed = await this.table()
      .where({ token_hash: hashOf(accessToken) })
      .delete();
    return removed > 0;
  }

  private table() {
    return this.db<Row>('access_tokens');
  }
}

interface Row {
  readonly token_hash: string;
  readonly mxid: Mxid;
  readonly created_at: number;
}

const hashOf = (accessToken: string) => hash('sha256', accessToken);
