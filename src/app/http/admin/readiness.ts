import type { DatabaseMonitor } from '../../../adapters/knex/database-monitor.js';
import type { Registry } from 'prom-client';
import { setTimeout as pause } from 'node:timers/promises';
import { ResilientSource } from '../../../adapters/upstream/resilient-source.js';
import { BINDINGS } from '../../../domain/associations/binding.js';
import { warningsOf } from '../../../domain/mirror/sync-guard.js';
import type { AccountStatusCache } from '../../../domain/account-checks/account-status-cache.js';
import type { AccountProber } from '../../../domain/account-checks/account-prober.js';
import type { MirrorService } from '../../../domain/mirror/mirror-service.js';
import type { UpstreamPepperMonitor } from '../../../domain/peppers/upstream-pepper-monitor.js';
import type { PepperService } from '../../../domain/peppers/pepper-service.js';
import type { Clock } from '../../../ports/clock.js';
import type { ConfiguredSource } from '../../wiring/configured-source.js';
import type { JobQueue } from '../../../ports/job-queue.js';
import type { Health } from './health.js';

interface MirrorCheck {
  readonly ok: boolean;
  readonly entries?: number;
  readonly ageSeconds?: number | undefined;
  readonly failure?: string | undefined;
  readonly warnings?: readonly string[];
}

const CHECK_MS = 2_000;

/**
 * Ready means: the database can be read and written, and the hashes of a pepper are complete. A mirror that is out of
 * date, or an upstream that fails or whose pepper is unknown, is reported only. The other sources still answer, and
 * taking the server out of service would not help.
 */
export function healthOf(
  database: Pick<DatabaseMonitor, 'check'>,
  jobs: Pick<JobQueue, 'backlog'>,
  mirrorService: MirrorService,
  pepperService: PepperService,
  configuredSources: readonly ConfiguredSource[],
  clock: Clock,
  registry: Pick<Registry, 'metrics'>,
  accounts: { readonly accountStatuses: AccountStatusCache; readonly prober: AccountProber } | false,
): Health {
  return {
    metrics: () => registry.metrics(),
    ready: async () => {
      const { isOk, failure } = await database.check();
      const [backlog, ...states] = await Promise.all([
        isOk ? within(backlogCheck(jobs, clock), undefined) : undefined,
        ...mirrorService.sources.map(async (name) => {
          const unknown: MirrorCheck = { ok: false, failure: 'not known without the database' };
          return [name, isOk ? await within(mirrorCheck(mirrorService, name, clock), unknown) : unknown] as const;
        }),
      ]);
      const pepper = pepperService.isReady();
      const upstreams = upstreamChecks(configuredSources, pepperService.monitor);
      const checks = {
        database: isOk,
        ...(failure !== undefined && { databaseFailure: failure }),
        pepper,
        mirrors: Object.fromEntries(states),
        upstreams,
        ...(backlog && { jobs: backlog }),
      };
      return { ok: isOk && pepper, checks: accounts ? { ...checks, accounts: accountsCheck(accounts) } : checks };
    },
  };
}

/** The result of a check, or `otherwise` if it fails or takes too long: supervisors do not wait. */
async function within<T>(checking: Promise<T>, otherwise: T): Promise<T> {
  checking.catch(() => undefined);
  return Promise.race([checking, pause(CHECK_MS, otherwise, { ref: false })]).catch(() => otherwise);
}

/** The waiting jobs by kind: their number, how many failed before, and the age of the oldest. */
async function backlogCheck(jobs: Pick<JobQueue, 'backlog'>, clock: Clock) {
  const backlog = await jobs.backlog();
  return Object.fromEntries(
    backlog.map(({ kind, waiting, retried, oldestAt }) => {
      const oldestSeconds = Math.max(0, Math.round((clock.now() - oldestAt) / 1000));
      return [kind, { waiting, retried, oldestSeconds }];
    }),
  );
}

/** The result of its latest lookups, and of the latest check of its pepper, which is at most one minute old. */
const upstreamChecks = (configuredSources: readonly ConfiguredSource[], watch: UpstreamPepperMonitor | undefined) =>
  Object.fromEntries(
    configuredSources.flatMap((configured) => {
      if (configured === BINDINGS || !(configured.source instanceof ResilientSource)) return [];
      const { name } = configured.source;
      const failure = configured.source.problem() ?? (watch?.source === name ? watch.failure : undefined);
      return [[name, { ok: failure === undefined, failure }] as const];
    }),
  );

function accountsCheck({ accountStatuses, prober }: { accountStatuses: AccountStatusCache; prober: AccountProber }) {
  const failures = Object.fromEntries(prober.failures);
  return { ok: prober.failures.size === 0, absent: accountStatuses.missingCount, failures };
}

async function mirrorCheck(mirrorService: MirrorService, name: string, clock: Clock): Promise<MirrorCheck> {
  const state = await mirrorService.state(name);
  const { syncedAt, failure, bases, incrementalProblem } = state;
  const warnings = warningsOf(state);
  return {
    ok: failure === undefined && syncedAt !== undefined,
    entries: Object.values(bases).reduce((sum, count) => sum + count, 0),
    ageSeconds: syncedAt === undefined ? undefined : Math.round((clock.now() - syncedAt) / 1000),
    failure: failure?.reason,
    ...(incrementalProblem !== undefined && { incrementalProblem }),
    ...(warnings.length > 0 && { warnings }),
  };
}
