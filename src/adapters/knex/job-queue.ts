import type { Knex } from 'knex';
import type { Job, JobQueue, NewJob } from '../../ports/job-queue.js';
import { isPostgres, jsonArray, rowsOf } from './dialect.js';
import { chunksOf } from './chunks.js';

export class KnexJobQueue implements JobQueue {
  constructor(private readonly db: Knex) {}

  async add(jobs: readonly NewJob[]): Promise<void> {
    await this.db.transaction((trx) => addJobs(trx, jobs));
  }

  async take(time: number, leaseUntil: number, limit: number): Promise<readonly Job[]> {
    const rows = await rowsOf<Row>(
      this.db.raw(
        `update jobs set hidden_until = ? where id in (
           select id from jobs where run_at <= ? and hidden_until <= ? order by run_at, id limit ?
           ${isPostgres(this.db) ? 'for update skip locked' : ''}
         ) returning *`,
        [leaseUntil, time, time, limit],
      ),
    );
    return [...rows].sort((a, b) => a.run_at - b.run_at || a.id - b.id).map(fromRow);
  }

  async remove(id: string): Promise<void> {
    await this.table()
      .where({ id: Number(id) })
      .delete();
  }

  async retry(id: string, runAt: number): Promise<void> {
    await this.table()
      .where({ id: Number(id) })
      .update({ attempts: this.db.raw('attempts + 1'), run_at: runAt, hidden_until: 0 });
  }

  private table() {
    return this.db<Row>('jobs');
  }
}

/** Queues jobs with whatever else `trx` does. */
export async function addJobs(trx: Knex.Transaction, jobs: readonly NewJob[]): Promise<void> {
  for (const chunk of chunksOf(jobs)) {
    await trx.raw(
      `insert into jobs (kind, payload, run_at)
       select value->>0, value->>1, cast(value->>2 as bigint) from ${jsonArray(trx)}`,
      [JSON.stringify(chunk.map(({ kind, payload, runAt }) => [kind, JSON.stringify(payload), runAt]))],
    );
  }
}

interface Row {
  readonly id: number;
  readonly kind: string;
  /** JSON. */
  readonly payload: string;
  readonly attempts: number;
  readonly run_at: number;
  readonly hidden_until: number;
}

const fromRow = ({ id, kind, payload, attempts, run_at }: Row): Job => ({
  id: String(id),
  kind,
  payload: JSON.parse(payload),
  attempts,
  runAt: run_at,
});
