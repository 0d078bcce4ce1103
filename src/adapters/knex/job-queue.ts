import type { Knex } from 'knex';
import { type Job, type JobKind, LONGEST_DELAY_MS, type NewJob, destinationOf } from '../../domain/jobs/job.js';
import type { JobBacklog, JobLease, JobQueue, JobRequest } from '../../ports/job-queue.js';
import type { SecretBox } from '../../ports/secret-box.js';
import { groupBy } from '../../domain/shared/group-by.js';
import { batched } from './batched.js';
import { PAGE, pages } from './chunks.js';
import { isPostgres, jsonArray, rowsOf } from './dialect.js';
import { kindOf, openPayload, storedNames } from './job-payloads.js';
import { deleteLeased, insertJobs, isLocked, type JobRow as Row } from './job-rows.js';
import { isOneOf } from './rows.js';

/** Older versions, which do not know about leases, hand out a job again after this time. */
const HIDDEN_MS = 5 * 60 * 1000;
const SEALED_PAUSE_MS = 60 * 60 * 1000;
/** More jobs at once have a transaction of their own. A batch of these is not more than one statement adds. */
const MOST_SHARED = 10;

type Removed = Pick<JobLease, 'id' | 'holder'>;

export class KnexJobQueue implements JobQueue {
  private readonly listeners: ((kinds: readonly JobKind[]) => void)[] = [];
  private readonly addTogether: (jobs: readonly NewJob[]) => Promise<void>;
  private readonly removeTogether: (lease: Removed) => Promise<boolean>;

  constructor(
    private readonly db: Knex,
    private readonly box: SecretBox,
  ) {
    const atOnce = isPostgres(db) ? 2 : 1;
    this.addTogether = batched((added) => this.addEach(added), { atOnce });
    this.removeTogether = batched((removed) => this.removeEach(removed), { atOnce });
  }

  /** Jobs that are added at the same time share a statement. */
  async add(jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length > MOST_SHARED) await this.db.transaction((trx) => this.addWithin(trx, jobs));
    else if (jobs.length > 0) await this.addTogether(jobs);
  }

  onAdded(listener: (kinds: readonly JobKind[]) => void): void {
    this.listeners.push(listener);
  }

  /** For stores: queues jobs as part of the transaction `trx`. */
  async addWithin(trx: Knex.Transaction, jobs: readonly NewJob[]): Promise<void> {
    await insertJobs(trx, jobs, this.box);
    if (jobs.length === 0) return;
    // After a rollback no listener is called.
    trx.executionPromise.then(
      () => this.tell(jobs),
      () => undefined,
    );
  }

  async take(request: JobRequest): Promise<readonly Job[]> {
    const { holder, kinds, attempt, time, limit, perDestination, inHand, order } = request;
    const isFree = this.db.raw(
      'leased_by is null and (run_at <= ? or run_at > ?) and (hidden_until <= ? or hidden_until > ?)',
      [time, time + LONGEST_DELAY_MS, time, time + LONGEST_DELAY_MS],
    );
    const rows = await rowsOf<Row>(
      this.db.raw(
        `with in_hand as (
           select value->>0 as destination, cast(value->>1 as integer) as number from ${jsonArray(this.db)}
         ), due as (
           select id, run_at, coalesce((select number from in_hand where destination = jobs.destination), 0) +
             row_number() over (partition by destination, case destination when '' then id end order by run_at, id) as place
           from jobs where ? and ? and attempts ${attempt === 'first' ? '= 0' : '> 0'}
         )
         update jobs set leased_by = ?, hidden_until = ?, beat = beat + 1 where id in (
           select id from jobs where ? and id in (
             select id from due where place <= ? order by run_at ${direction(order)}, id ${direction(order)} limit ?
           ) ${isPostgres(this.db) ? 'for update skip locked' : ''}
         ) returning *`,
        [
          JSON.stringify([...inHand]),
          isFree,
          isOneOf(
            this.db,
            'kind',
            kinds.flatMap((kind) => storedNames(kind)),
          ),
          holder,
          time + HIDDEN_MS,
          isFree,
          perDestination,
          limit,
        ],
      ),
    );
    const jobs = rows.flatMap((row) => this.fromRow(row) ?? []);
    if (jobs.length < rows.length) await this.putBackSealed(rows, jobs, time);
    return jobs.sort((a, b) => a.runAt - b.runAt || Number(a.id) - Number(b.id));
  }

  async renew(holder: string, ids: readonly string[], time: number): Promise<void> {
    await this.table()
      .where(isLocked(this.db, holder, ids))
      .update({ beat: this.db.raw('beat + 1'), hidden_until: time + HIDDEN_MS });
  }

  async leases(): Promise<readonly JobLease[]> {
    const rows = await this.table().whereNotNull('leased_by').select('id', 'leased_by', 'beat');
    return rows.map(({ id, leased_by, beat }) => ({ id: String(id), holder: leased_by ?? '', beat }));
  }

  async release(leases: readonly JobLease[]): Promise<number> {
    let count = 0;
    for (const { id, holder, beat } of leases) {
      count += await this.inHandOf(id, holder)
        .where({ beat })
        .update({ ...FREE, attempts: this.db.raw('attempts + 1') });
    }
    return count;
  }

  /** Jobs that end at the same time share a statement. */
  remove(id: string, holder: string): Promise<boolean> {
    return this.removeTogether({ id, holder });
  }

  async retry(id: string, holder: string, runAt: number, failure: string): Promise<void> {
    await this.inHandOf(id, holder).update({
      ...FREE,
      attempts: this.db.raw('attempts + 1'),
      run_at: runAt,
      failure,
    });
  }

  async requeue(id: string, holder: string, runAt: number): Promise<void> {
    await this.inHandOf(id, holder).update({ ...FREE, run_at: runAt });
  }

  async postpone(destination: string, time: number, runAt: number, failure: string): Promise<void> {
    await this.table()
      .where({ destination, leased_by: null })
      .where('run_at', '<=', time)
      .update({ attempts: this.db.raw('attempts + 1'), run_at: runAt, failure });
  }

  async *list<Kind extends JobKind>(kind: Kind): AsyncIterable<readonly Job<Kind>[]> {
    const found = pages<Row>((after) => {
      const page = this.table().whereIn('kind', storedNames(kind)).orderBy('id').limit(PAGE);
      return after ? page.where('id', '>', after.id) : page;
    });
    for await (const rows of found) yield rows.flatMap((row) => (this.fromRow(row) ?? []) as readonly Job<Kind>[]);
  }

  async backlog(): Promise<readonly JobBacklog[]> {
    const rows = await rowsOf<{ kind: string; waiting: number; retried: number; oldest_at: number }>(
      this.db.raw(
        `select kind, count(*) as waiting, sum(case when attempts > 0 then 1 else 0 end) as retried,
           min(case queued_at when 0 then run_at else queued_at end) as oldest_at
         from jobs group by kind order by kind`,
      ),
    );
    return rows.map(({ kind, waiting, retried, oldest_at }) => ({
      kind: kindOf(kind) ?? kind,
      waiting,
      retried,
      oldestAt: oldest_at,
    }));
  }

  /** A job that cannot be opened waits for an instance that has the key. */
  private async putBackSealed(rows: readonly Row[], opened: readonly Job[], time: number): Promise<void> {
    const read = new Set(opened.map(({ id }) => id));
    const sealed = rows.filter(({ id }) => !read.has(String(id)));
    await this.table()
      .whereIn(
        'id',
        sealed.map(({ id }) => id),
      )
      .update({
        ...FREE,
        run_at: time + SEALED_PAUSE_MS,
        failure: 'the job is encrypted with a signing key that is missing',
      });
  }

  /** `undefined` for kinds of newer versions, and if the payload cannot be opened. */
  private fromRow({ id, kind: stored, payload, attempts, run_at, destination, failure }: Row): Job | undefined {
    const kind = kindOf(stored);
    const json = openPayload(payload, this.box);
    if (kind === undefined || json === undefined) return undefined;
    const job = { kind, payload: JSON.parse(json), runAt: run_at } as NewJob;
    return {
      ...job,
      id: String(id),
      attempts,
      destination: destination || destinationOf(job),
      failure: failure ?? undefined,
    };
  }

  private async addEach(added: readonly (readonly NewJob[])[]): Promise<readonly void[]> {
    const jobs = added.flat();
    await insertJobs(this.db, jobs, this.box);
    this.tell(jobs);
    return added.map(() => undefined);
  }

  private async removeEach(removed: readonly Removed[]): Promise<readonly boolean[]> {
    const gone = new Set<string>();
    for (const [holder, leases] of groupBy(removed, (lease) => lease.holder)) {
      const ids = leases.map(({ id }) => id);
      for (const id of await deleteLeased(this.db, holder, ids)) gone.add(`${id} ${holder}`);
    }
    return removed.map(({ id, holder }) => gone.has(`${id} ${holder}`));
  }

  private tell(jobs: readonly NewJob[]): void {
    const kinds = [...new Set(jobs.map(({ kind }) => kind))];
    for (const listener of this.listeners) listener(kinds);
  }

  private inHandOf(id: string, holder: string) {
    return this.table().where({ id: Number(id), leased_by: holder });
  }

  private table() {
    return this.db<Row>('jobs');
  }
}

const FREE = { leased_by: null, hidden_until: 0 };

const direction = (order: JobRequest['order']): string => (order === 'oldest' ? 'asc' : 'desc');
