import type { Knex } from 'knex';
import { destinationOf, type NewJob } from '../../domain/jobs/job.js';
import type { SecretBox } from '../../ports/secret-box.js';
import { chunksOf } from './chunks.js';
import { isPostgres, jsonArray, rowsOf } from './dialect.js';
import { storedJob } from './job-payloads.js';

export interface JobRow {
  readonly id: number;
  readonly kind: string;
  /** JSON, possibly sealed. */
  readonly payload: string;
  readonly attempts: number;
  readonly run_at: number;
  readonly hidden_until: number;
  readonly destination: string;
  readonly leased_by: string | null;
  readonly beat: number;
  readonly failure: string | null;
  readonly queued_at: number;
}

export async function insertJobs(db: Knex, jobs: readonly NewJob[], box: SecretBox): Promise<void> {
  for (const chunk of chunksOf(jobs)) {
    const rows = chunk.map((job) => {
      const [name, payload] = storedJob(job, box);
      return [name, payload, job.runAt, destinationOf(job)];
    });
    await db.raw(
      `insert into jobs (kind, payload, run_at, queued_at, destination)
       select value->>0, value->>1, cast(value->>2 as bigint), cast(value->>2 as bigint), value->>3 from ${jsonArray(db)}`,
      [JSON.stringify(rows)],
    );
  }
}

/**
 * For `where`: these jobs, locked in the order of their ids, so that statements about several jobs never wait for each
 * other.
 */
export const isLocked = (db: Knex, holder: string, ids: readonly string[]): Knex.Raw =>
  db.raw(
    `id in (select id from jobs where leased_by = ? and id in (select cast(value->>0 as bigint) from ${jsonArray(db)})
            order by id ${isPostgres(db) ? 'for update' : ''})`,
    [holder, JSON.stringify(ids.map((id) => [id]))],
  );

/** Deletes those of these jobs that the holder has in hand. @returns their ids */
export async function deleteLeased(db: Knex, holder: string, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await rowsOf<Pick<JobRow, 'id'>>(
    db.raw('delete from jobs where ? returning id', [isLocked(db, holder, ids)]),
  );
  return rows.map(({ id }) => String(id));
}
