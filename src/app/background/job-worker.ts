import { pauseAfter } from '../../domain/shared/backoff.js';
import { groupBy } from '../../domain/shared/group-by.js';
import type { Job, JobKind } from '../../domain/jobs/job.js';
import type { Clock } from '../../ports/clock.js';
import type { JobQueue } from '../../ports/job-queue.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { DestinationBreaker } from './destination-breaker.js';
import { DestinationDownError, type JobHandlers, PermanentJobError } from './job-handler.js';
import { busyIn, endWithin, type JobInHand } from './job-in-hand.js';
import { type Lane, LANES } from './job-lanes.js';
import { JobLeases, LEASE_TICK_MS } from './job-leases.js';
import { runPeriodically, type Schedule } from './periodic.js';
import { errorText } from '../../domain/shared/error-text.js';

const POLL_MS = 1_000;
/** Jobs that are added, or that end, within this time are followed by one `take`. */
const SOON_MS = { added: 10, ended: 1 };
const RETRIES = { firstMs: 5_000, longestMs: 60 * 60 * 1000 };
/** About a week at the longest pause. */
const MOST_ATTEMPTS = 180;

export interface JobWorkerDependencies {
  readonly queue: JobQueue;
  readonly handlers: JobHandlers;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Identifies this instance among all instances on one database: `<name>/<id of this process>`. */
  readonly holder: string;
}

/** Processes the durable job queue until it is closed. */
export class JobWorker implements Schedule {
  private readonly inHand = new Map<string, JobInHand>();
  private readonly filling = new Map<string, { isWanted: boolean; ended: Promise<void> }>();
  /** Lanes with due jobs that may wait for the end of a running one. */
  private readonly limited = new Set<Lane>();
  private readonly toFill = new Set<string>();
  private readonly breaker: DestinationBreaker;
  private readonly renewing: Schedule;
  private readonly schedules: readonly Schedule[];
  private isClosing = false;
  private readonly newestNext = new Set<Lane>();

  constructor(
    private readonly deps: JobWorkerDependencies,
    lanes: readonly Lane[] = LANES,
  ) {
    const { queue, clock, telemetry, holder } = deps;
    this.breaker = new DestinationBreaker(clock);
    const leases = new JobLeases(queue, holder);
    this.renewing = runPeriodically(LEASE_TICK_MS, 'leases of jobs', telemetry, async () => {
      if (this.inHand.size > 0) await queue.renew(holder, [...this.inHand.keys()], clock.now());
      const freed = await leases.look();
      if (freed > 0)
        telemetry.warn('jobs of a stopped instance released', { event: 'job_leases_released', jobs: freed });
    });
    this.schedules = lanes.map((lane) =>
      runPeriodically(POLL_MS, `jobs, ${lane.name}`, telemetry, () => this.fill(lane)),
    );
    // Jobs that another instance added, and jobs that become due later, are found by polling.
    queue.onAdded((kinds) => {
      const isFor = ({ attempt, kinds: laneKinds }: Lane) =>
        attempt === 'first' && laneKinds.some((kind) => kinds.includes(kind));
      for (const lane of lanes.filter(isFor)) this.runSoon(lane, SOON_MS.added);
    });
  }

  /**
   * Starts no more jobs, waits for running jobs for as long as their lane allows, and puts the others back into the
   * queue.
   */
  async close(): Promise<void> {
    this.isClosing = true;
    await Promise.allSettled([
      ...this.schedules.map((schedule) => schedule.close()),
      ...[...this.filling.values()].map(({ ended }) => ended),
    ]);
    await Promise.all([...this.inHand.values()].map((held) => endWithin(held)));
    await this.renewing.close();
    const { queue, clock, holder, telemetry } = this.deps;
    const left = [...this.inHand.values()];
    if (left.length > 0)
      telemetry.info('jobs returned to the queue at shutdown', { event: 'jobs_put_back', jobs: left.length });
    await Promise.allSettled(left.map(({ job }) => queue.requeue(job.id, holder, clock.now())));
  }

  /** Starts jobs while there is room. If it is already running, that run checks once more before it ends. */
  private async fill(lane: Lane): Promise<void> {
    const running = this.filling.get(lane.name);
    if (running) {
      running.isWanted = true;
      return running.ended;
    }
    const state = { isWanted: false, ended: Promise.resolve() };
    this.filling.set(lane.name, state);
    state.ended = (async () => {
      try {
        do {
          state.isWanted = false;
        } while (((await this.begin(lane)) || state.isWanted) && !this.isClosing);
      } finally {
        this.filling.delete(lane.name);
      }
    })();
    return state.ended;
  }

  /** @returns whether there may be more */
  private async begin(lane: Lane): Promise<boolean> {
    const inLane = [...this.inHand.values()].filter((held) => held.lane === lane);
    const places = Math.min(
      lane.width - inLane.filter(({ hasSlot }) => hasSlot).length,
      lane.mostInHand - inLane.length,
    );
    if (places <= 0) this.limited.add(lane);
    if (places <= 0 || this.isClosing) return false;
    const { queue, clock, holder } = this.deps;
    const busy = busyIn(this.inHand.values(), lane);
    const isNewestFirst = this.newestNext.delete(lane);
    if (!isNewestFirst) this.newestNext.add(lane);
    const jobs = await queue.take({
      holder,
      kinds: lane.kinds,
      attempt: lane.attempt,
      time: clock.now(),
      limit: places,
      perDestination: lane.perDestination,
      inHand: busy,
      // Alternate, so that neither new jobs wait for all old ones nor the reverse.
      order: isNewestFirst ? 'newest' : 'oldest',
    });
    const taken = groupBy(jobs, ({ destination }) => destination);
    const isFull = (destination: string) =>
      (busy.get(destination) ?? 0) + (taken.get(destination)?.length ?? 0) >= lane.perDestination;
    const mayHaveMore = jobs.length === places;
    if (mayHaveMore || [...busy.keys(), ...taken.keys()].some(isFull)) this.limited.add(lane);
    else this.limited.delete(lane);
    for (const job of jobs) await this.beginOrPutBack(job, lane);
    return mayHaveMore;
  }

  private async beginOrPutBack(job: Job, lane: Lane): Promise<void> {
    const { queue, clock, holder } = this.deps;
    const openUntil = this.breaker.openUntil(job.destination);
    const isTried =
      this.breaker.hasFailed(job.destination) && (busyIn(this.inHand.values(), lane).get(job.destination) ?? 0) > 0;
    if (!this.isClosing && openUntil === undefined && !isTried) this.start(job, lane);
    else await queue.requeue(job.id, holder, openUntil ?? clock.now() + (this.isClosing ? 0 : POLL_MS));
  }

  private start(job: Job, lane: Lane): void {
    const makeRoom = () => {
      const held = this.inHand.get(job.id);
      if (held) held.hasSlot = false;
      this.runSoon(lane, SOON_MS.ended);
    };
    const timer = lane.slotMs === Infinity ? undefined : setTimeout(makeRoom, lane.slotMs);
    const ended = this.work(job, lane).finally(() => {
      clearTimeout(timer);
      this.inHand.delete(job.id);
      // Jobs that it made room for need not wait for the next poll. A running `take` still counts it as in hand.
      if (this.limited.has(lane) || this.filling.has(lane.name)) this.runSoon(lane, SOON_MS.ended);
    });
    this.inHand.set(job.id, { job, lane, hasSlot: true, ended });
  }

  private runSoon(lane: Lane, ms: number): void {
    const key = `${lane.name} ${ms}`;
    if (this.isClosing || this.toFill.has(key)) return;
    this.toFill.add(key);
    setTimeout(() => {
      this.toFill.delete(key);
      // The next poll fails for the same reason and logs it.
      if (!this.isClosing) this.fill(lane).catch(() => undefined);
    }, ms).unref();
  }

  private async work(job: Job, lane: Lane): Promise<void> {
    const { queue, telemetry, holder } = this.deps;
    const facts = { kind: job.kind, job: job.id, attempt: job.attempts + 1 };
    try {
      const failure = await run(this.deps.handlers, job).then(
        () => undefined,
        (cause: unknown) => ({ cause }),
      );
      if (failure === undefined) {
        this.recovered(job, lane);
        await queue.remove(job.id, holder);
        telemetry.count('jobs', { kind: job.kind, result: 'done' });
        telemetry.debug('job done', { event: 'job_done', ...facts });
      } else if (failure.cause instanceof PermanentJobError)
        await this.end(job, 'job failed permanently', failure.cause, facts);
      else if (job.attempts + 1 >= MOST_ATTEMPTS) {
        await giveUp(this.deps.handlers, job, errorText(failure.cause));
        await this.end(job, 'job failed too often', failure.cause, facts);
      } else await this.later(job, lane, failure.cause, facts);
    } catch (cause) {
      // If this fails too, the lease is no longer renewed, and the job is released like one of an instance that died.
      telemetry.warn('result of a job could not be stored', { event: 'job_result_lost', ...facts }, cause);
      await queue.requeue(job.id, holder, this.deps.clock.now() + retryAfterMs(job.attempts)).catch(() => undefined);
    }
  }

  private async end(job: Job, message: string, cause: unknown, facts: Record<string, string | number>): Promise<void> {
    await this.deps.queue.remove(job.id, this.deps.holder);
    this.deps.telemetry.count('jobs', { kind: job.kind, result: 'failed' });
    this.deps.telemetry.error(message, { event: 'job_failed', ...facts }, cause);
  }

  private recovered({ destination }: Job, { isOwnServer }: Lane): void {
    const isNews = isOwnServer && this.breaker.hasFailed(destination);
    this.breaker.succeeded(destination);
    if (isNews) this.deps.telemetry.info('destination is available again', { event: 'destination_up', destination });
  }

  private async later(job: Job, lane: Lane, cause: unknown, facts: Record<string, string | number>): Promise<void> {
    const { queue, clock, telemetry, holder } = this.deps;
    const [now, reason] = [clock.now(), errorText(cause)];
    const retryAt = now + retryAfterMs(job.attempts);
    if (cause instanceof DestinationDownError) {
      const isNews = lane.isOwnServer && !this.breaker.hasFailed(job.destination);
      if (isNews) {
        const facts = { event: 'destination_down', destination: job.destination };
        telemetry.error('destination is not available, its jobs wait', facts, cause);
      }
      const openUntil = this.breaker.failed(job.destination, lane.longestOpenMs);
      // After the other jobs: if this job causes the failure of the destination, the others run first.
      await queue.retry(job.id, holder, Math.max(openUntil + 1, Math.min(retryAt, openUntil + POLL_MS)), reason);
      await queue.postpone(job.destination, now, openUntil, reason);
    } else {
      this.recovered(job, lane);
      await queue.retry(job.id, holder, retryAt, reason);
    }
    telemetry.count('jobs', { kind: job.kind, result: 'retried' });
    telemetry.warn('job failed, will be retried', { event: 'job_retried', ...facts }, cause);
  }
}

const run = async <Kind extends JobKind>(
  handlers: JobHandlers,
  { kind, payload, attempts }: Job<Kind>,
): Promise<void> => handlers[kind].run(payload, attempts);

const giveUp = async <Kind extends JobKind>(
  handlers: JobHandlers,
  { kind, payload }: Job<Kind>,
  reason: string,
): Promise<void> => handlers[kind].giveUp?.(payload, reason);

export const retryAfterMs = (attempts: number): number => pauseAfter(RETRIES, attempts + 1);
