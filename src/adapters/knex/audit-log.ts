import type { Knex } from 'knex';
import { bindingKey } from '../../domain/identifiers/mailbox.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { Cause } from '../../domain/shared/cause.js';
import type { AuditAction, AuditEntry, AuditLog, AuditQuery, NewAuditEntry } from '../../ports/audit-log.js';
import type { Clock } from '../../ports/clock.js';
import type { SecretBox } from '../../ports/secret-box.js';
import { chunksOf } from './chunks.js';
import { jsonArray, lock } from './dialect.js';
import { isOneOf } from './rows.js';

const AT_ONCE = 500;

/** An entry with its cause. */
export interface CausedEntry {
  readonly entry: NewAuditEntry;
  readonly cause: Cause;
}

/** The audit trail as a table. */
export class KnexAuditLog implements AuditLog {
  constructor(
    private readonly db: Knex,
    private readonly clock: Clock,
    private readonly box: SecretBox,
  ) {}

  async add(entries: readonly NewAuditEntry[], cause: Cause): Promise<void> {
    await this.addWithin(this.db, entries, cause);
  }

  /** For stores: records changes in the transaction that makes them. */
  async addWithin(trx: Knex, entries: readonly NewAuditEntry[], cause: Cause): Promise<void> {
    await this.addCausedWithin(
      trx,
      entries.map((entry) => ({ entry, cause })),
    );
  }

  /** The same for changes with different causes. */
  async addCausedWithin(trx: Knex, changes: readonly CausedEntry[]): Promise<void> {
    const now = this.clock.now();
    for (const chunk of chunksOf(changes)) {
      await trx.raw(
        `insert into audit (made_at, action, mxid, medium, address_hash, source, detail, made_by, request_id, client)
         select ?, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8
         from ${jsonArray(trx)}`,
        [now, JSON.stringify(chunk.map((change) => this.valuesOf(change)))],
      );
    }
  }

  async find({ who, since, limit }: AuditQuery): Promise<readonly AuditEntry[]> {
    const query = this.table().orderBy('seq', 'desc').limit(limit);
    if (typeof who === 'string') query.where({ mxid: who });
    else if (who) query.where(isOneOf(this.db, 'address_hash', this.hashesOf(who)));
    if (since !== undefined) query.where('made_at', '>=', since);
    const rows: readonly Row[] = await query;
    return rows.toReversed().map(fromRow);
  }

  async handOver(write: (entries: readonly AuditEntry[]) => void, limit: number): Promise<number> {
    const waiting = (db: Knex) => this.table(db).where({ handed_over: 0 }).orderBy('seq').limit(limit);
    // Usually there is nothing to do, and no lock is needed to find out.
    if (!(await waiting(this.db).first('seq'))) return 0;
    return this.db.transaction(async (trx) => {
      await lock(trx, 'islet audit');
      const rows: readonly Row[] = await waiting(trx);
      if (rows.length === 0) return 0;
      write(rows.map(fromRow));
      await trx.raw(
        `update audit set handed_over = 1 where seq in (select cast(value->>0 as bigint) from ${jsonArray(trx)})`,
        [JSON.stringify(rows.map(({ seq }) => [seq]))],
      );
      return rows.length;
    });
  }

  async purge(time: number): Promise<void> {
    const old = () => this.table().where('made_at', '<', time).where({ handed_over: 1 }).select('seq').limit(AT_ONCE);
    while ((await this.table().whereIn('seq', old()).delete()) === AT_ONCE);
  }

  private valuesOf({ entry, cause }: CausedEntry): readonly (string | null)[] {
    const { action, mxid = null, threepid, source = null, detail = null } = entry;
    const { by, requestId = null, client = null } = cause;
    const hash = threepid ? this.hashesOf(threepid)[0] : null;
    return [action, mxid, threepid?.medium ?? null, hash, source, detail, by, requestId, client];
  }

  private hashesOf(threepid: Threepid): readonly [string, ...string[]] {
    return this.box.references('audit address', `${threepid.medium} ${bindingKey(threepid)}`);
  }

  private table(db: Knex = this.db) {
    return db<Row>('audit');
  }
}

interface Row {
  readonly seq: number;
  readonly made_at: number;
  readonly action: AuditAction;
  readonly mxid: Mxid | null;
  readonly medium: string | null;
  readonly address_hash: string | null;
  readonly source: string | null;
  readonly detail: string | null;
  readonly made_by: string;
  readonly request_id: string | null;
  readonly client: string | null;
  readonly handed_over: number;
}

const fromRow = (row: Row): AuditEntry => ({
  seq: Number(row.seq),
  at: Number(row.made_at),
  action: row.action,
  ...(row.mxid !== null && { mxid: row.mxid }),
  ...(row.medium !== null && { medium: row.medium }),
  ...(row.address_hash !== null && { addressHash: row.address_hash }),
  ...(row.source !== null && { source: row.source }),
  ...(row.detail !== null && { detail: row.detail }),
  by: row.made_by,
  ...(row.request_id !== null && { requestId: row.request_id }),
  ...(row.client !== null && { client: row.client }),
});
