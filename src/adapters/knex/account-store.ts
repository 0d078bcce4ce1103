import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { KnexChangeFeed } from './change-feed.js';
import { BY_ISLET, type Cause } from '../../domain/shared/cause.js';
import type { KnexAuditLog } from './audit-log.js';
import { RevocableCache } from './revocable-cache.js';
import type { NewAuditEntry } from '../../ports/audit-log.js';
import type { AccountStore, SignIn } from '../../ports/account-store.js';
import { chunksOf, inChunks, PAGE, pages } from './chunks.js';
import { isOneOf } from './rows.js';

export class KnexAccountStore implements AccountStore {
  private readonly remembered: RevocableCache<Mxid>;

  constructor(
    private readonly db: Knex,
    private readonly feed: KnexChangeFeed,
    private readonly audit: KnexAuditLog,
  ) {
    this.remembered = new RevocableCache('token', feed.revocations);
  }

  async addToken(accessToken: string, mxid: Mxid, createdAt: number, cause: Cause = BY_ISLET): Promise<void> {
    await this.db.transaction(async (trx) => {
      const times = { created_at: createdAt, used_at: createdAt };
      await this.table(trx).insert({ token_hash: hashOf(accessToken), mxid, ...times });
      await this.audit.addWithin(trx, [{ action: 'signed_in', mxid }], cause);
    });
  }

  async find(accessToken: string, outageMs = 0): Promise<Mxid | undefined> {
    const token_hash = hashOf(accessToken);
    return (
      this.remembered.get(token_hash) ??
      this.remembered.read(token_hash, outageMs, async () => (await this.table().where({ token_hash }).first())?.mxid)
    );
  }

  async removeToken(accessToken: string, cause: Cause = BY_ISLET): Promise<boolean> {
    const token_hash = hashOf(accessToken);
    const removed = await this.db.transaction(async (trx): Promise<number> => {
      // Acquired before the row lock: the trigger that records a revocation holds this lock as well.
      await this.feed.lock(trx);
      const row = await this.table(trx).where({ token_hash }).first();
      if (!row) return 0;
      await this.audit.addWithin(trx, [{ action: 'signed_out', mxid: row.mxid }], cause);
      return this.table(trx).where({ token_hash }).delete();
    });
    this.feed.revocations.revoked('token', token_hash);
    return removed > 0;
  }

  async markUsed(accessTokens: readonly string[], time: number): Promise<void> {
    for (const chunk of chunksOf(accessTokens.map(hashOf))) {
      await this.table()
        .where(isOneOf(this.db, 'token_hash', chunk))
        .where('used_at', '<', time)
        .update({ used_at: time });
    }
  }

  async keepLatest(mxid: Mxid, most: number): Promise<void> {
    const latest = await this.latest(mxid);
    if (latest.length > most) await this.removeAll(latest.slice(most), 'more than accessTokens.perUser', BY_ISLET);
  }

  async removeOf(mxids: readonly Mxid[], reason?: string, cause: Cause = BY_ISLET): Promise<number> {
    let removed = 0;
    for (const chunk of chunksOf(mxids)) {
      removed += await this.removeAll(await this.table().where(isOneOf(this.db, 'mxid', chunk)), reason, cause);
    }
    return removed;
  }

  async purge(time: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const rows = await this.table().where('used_at', '<', time).orderBy('used_at').limit(PAGE);
      removed += await this.removeAll(rows, 'not used', BY_ISLET);
      if (rows.length < PAGE) return removed;
    }
  }

  async ofUser(mxid: Mxid): Promise<readonly SignIn[]> {
    return (await this.latest(mxid)).map(fromRow);
  }

  async *all(): AsyncIterable<readonly SignIn[]> {
    const users = pages<Pick<Row, 'mxid'>>((after) => {
      const page = this.table().distinct('mxid').orderBy('mxid').limit(PAGE);
      return after ? page.where('mxid', '>', after.mxid) : page;
    });
    for await (const page of users) {
      const mxids = page.map(({ mxid }) => mxid);
      const rows = await inChunks(mxids, (chunk) => this.table().where(isOneOf(this.db, 'mxid', chunk)));
      yield rows.map(fromRow);
    }
  }

  private async latest(mxid: Mxid): Promise<readonly Row[]> {
    return this.table()
      .where({ mxid })
      .orderBy([
        { column: 'used_at', order: 'desc' },
        { column: 'created_at', order: 'desc' },
      ]);
  }

  private async removeAll(rows: readonly Row[], reason: string | undefined, cause: Cause): Promise<number> {
    let removed = 0;
    for (const rowsInPart of chunksOf(rows)) {
      const chunk = rowsInPart.map(({ token_hash }) => token_hash);
      removed += await this.db.transaction(async (trx): Promise<number> => {
        await this.feed.lock(trx);
        await this.audit.addWithin(trx, tokensEnded(rowsInPart, reason), cause);
        return this.table(trx)
          .where(isOneOf(trx, 'token_hash', chunk))
          .delete();
      });
      for (const tokenHash of chunk) this.feed.revocations.revoked('token', tokenHash);
    }
    return removed;
  }

  private table(db: Knex = this.db) {
    return db<Row>('access_tokens');
  }
}

interface Row {
  readonly token_hash: string;
  readonly mxid: Mxid;
  readonly created_at: number;
  readonly used_at: number;
}

/** One entry for each user. */
function tokensEnded(rows: readonly Pick<Row, 'mxid'>[], reason: string | undefined): readonly NewAuditEntry[] {
  const counts = new Map<Mxid, number>();
  for (const { mxid } of rows) counts.set(mxid, (counts.get(mxid) ?? 0) + 1);
  return [...counts].map(([mxid, count]) => {
    const detail = reason === undefined ? String(count) : `${count}: ${reason}`;
    return { action: 'tokens_ended', mxid, detail };
  });
}

const fromRow = ({ mxid, created_at, used_at }: Row): SignIn => ({ mxid, createdAt: created_at, usedAt: used_at });

const hashOf = (accessToken: string) => hash('sha256', accessToken);
