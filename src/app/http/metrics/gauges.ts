import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseMonitor } from '../../../adapters/knex/database-monitor.js';
import type { SkippedCounts, RowCounts } from '../../../adapters/knex/row-counts.js';
import type { LogTelemetry } from '../../../adapters/system/log-telemetry.js';
import type { MirrorService } from '../../../domain/mirror/mirror-service.js';
import type { PepperService } from '../../../domain/peppers/pepper-service.js';
import type { Clock } from '../../../ports/clock.js';
import type { HashIndex } from '../../../ports/hash-index.js';
import type { JobQueue } from '../../../ports/job-queue.js';
import { version } from './build-info.js';
import { cached } from './cached.js';

export interface GaugeDependencies {
  readonly database: Pick<DatabaseMonitor, 'check'>;
  readonly countRows: () => Promise<RowCounts>;
  readonly countSkipped: (source: string) => Promise<SkippedCounts>;
  readonly jobs: Pick<JobQueue, 'backlog'>;
  readonly jobKinds: readonly string[];
  readonly mirrorService: MirrorService;
  readonly pepperService: PepperService;
  readonly index: HashIndex;
  readonly clock: Clock;
  readonly telemetry: LogTelemetry;
}

const COUNTS_MS = 60_000;
const LEFT_OUT_MS = 5 * 60_000;
/** Prometheus waits ten seconds by default. A value that the database does not return within this time is kept. */
const WITHIN_MS = 2_000;

/**
 * Returns a function that updates all gauges. Values that are expensive to count are kept for a while, and are counted
 * again only on request.
 */
export function openGauges(deps: GaugeDependencies): () => Promise<void> {
  const { database, mirrorService, pepperService, telemetry } = deps;
  telemetry.gauge('build_info', [{ labels: { version, node: process.versions.node }, value: 1 }]);
  const rows = cached(COUNTS_MS, deps.countRows);
  const leftOut = new Map(
    mirrorService.sources.map((source) => [source, cached(LEFT_OUT_MS, () => deps.countSkipped(source))]),
  );
  return async () => {
    setPeppers(pepperService, deps.clock, telemetry);
    const { isOk } = await database.check();
    telemetry.gauge('database_available', [{ value: isOk ? 1 : 0 }]);
    if (!isOk) return;
    const setAll = async () => {
      await setMirrors(deps, leftOut);
      await setJobs(deps);
      const { sessions, accessTokens, bindings, invitesWaiting } = await rows();
      telemetry.gauge('sessions', [{ value: sessions }]);
      telemetry.gauge('access_tokens', [{ value: accessTokens }]);
      telemetry.gauge(
        'bindings',
        Object.entries(bindings).map(([state, value]) => ({ labels: { state }, value })),
      );
      telemetry.gauge('invites_waiting', [{ value: invitesWaiting }]);
    };
    // A failure of the database is logged by its monitor.
    await Promise.race([setAll().catch(() => undefined), pause(WITHIN_MS, undefined, { ref: false })]);
  };
}

function setPeppers(pepperService: PepperService, clock: Clock, telemetry: LogTelemetry): void {
  const { announcedFrom, accepted } = pepperService.status();
  const age = announcedFrom === undefined ? [] : [{ value: secondsBetween(announcedFrom, clock.now()) }];
  telemetry.gauge('pepper_age_seconds', age);
  telemetry.gauge('peppers_accepted', [{ value: accepted }]);
  const { monitor } = pepperService;
  const failing = monitor && {
    labels: { source: monitor.source },
    value: monitor.failure === undefined ? 0 : 1,
  };
  telemetry.gauge('followed_pepper_failing', failing ? [failing] : []);
}

type LeftOutCounts = ReadonlyMap<string, () => Promise<SkippedCounts>>;

async function setMirrors({ mirrorService, index, clock, telemetry }: GaugeDependencies, leftOut: LeftOutCounts) {
  const states = await Promise.all(
    mirrorService.sources.map(async (source) => ({ source, ...(await mirrorService.state(source)) })),
  );
  const now = clock.now();
  telemetry.gauge(
    'mirror_entries',
    states.map(({ source, bases }) => ({
      labels: { source },
      value: Object.values(bases).reduce((sum, count) => sum + count, 0),
    })),
  );
  telemetry.gauge(
    'mirror_addresses',
    states.map(({ source }) => ({ labels: { source }, value: index.size(source).claims })),
  );
  telemetry.gauge(
    'mirror_sync_age_seconds',
    states.flatMap(({ source, syncedAt }) =>
      syncedAt === undefined ? [] : [{ labels: { source }, value: secondsBetween(syncedAt, now) }],
    ),
  );
  telemetry.gauge(
    'mirror_sync_failing',
    states.map(({ source, failure }) => ({ labels: { source }, value: failure === undefined ? 0 : 1 })),
  );
  const counts = await Promise.all([...leftOut].map(async ([source, count]) => ({ source, counts: await count() })));
  telemetry.gauge(
    'mirror_left_out',
    counts.flatMap((row) =>
      Object.entries(row.counts).map(([reason, value]) => ({ labels: { source: row.source, reason }, value })),
    ),
  );
}

async function setJobs({ jobs, jobKinds, clock, telemetry }: GaugeDependencies): Promise<void> {
  const byKind = new Map((await jobs.backlog()).map((entry) => [entry.kind, entry]));
  const ofEach = (valueOf: (kind: string) => number) =>
    jobKinds.map((kind) => ({ labels: { kind }, value: valueOf(kind) }));
  const now = clock.now();
  telemetry.gauge(
    'jobs_waiting',
    ofEach((kind) => byKind.get(kind)?.waiting ?? 0),
  );
  telemetry.gauge(
    'jobs_retrying',
    ofEach((kind) => byKind.get(kind)?.retried ?? 0),
  );
  telemetry.gauge(
    'jobs_oldest_seconds',
    ofEach((kind) => secondsBetween(byKind.get(kind)?.oldestAt ?? now, now)),
  );
}

const secondsBetween = (since: number, now: number): number => Math.max(0, Math.round((now - since) / 1000));
