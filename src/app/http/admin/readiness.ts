import type { DatabaseMonitor } from '../../../adapters/knex/database-monitor.js';
import { setTimeout as pause } from 'node:timers/promises';
import { ResilientSource } from '../../../adapters/upstream/resilient-source.js';
import { BINDINGS } from '../../../domain/associations/binding.js';
import type { MirrorState } from '../../../domain/directory/mirror-state.js';
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
import { mirrorPart, PartHistory, type SeenPart, stateOf } from './health-parts.js';

interface MirrorCheck {
  readonly ok: boolean;
  readonly entries?: number;
  readonly ageSeconds?: number | undefined;
  readonly failure?: string | undefined;
  readonly warnings?: readonly string[];
}

const CHECK_MS = 2_000;

export interface ReadinessDependencies {
  readonly database: Pick<DatabaseMonitor, 'check'>;
  readonly jobs: Pick<JobQueue, 'backlog'>;
  readonly mirrorService: MirrorService;
  readonly pepperService: PepperService;
  readonly configuredSources: readonly ConfiguredSource[];
  readonly clock: Clock;
  /** `false` if no accounts are checked. */
  readonly accounts: { readonly accountStatuses: AccountStatusCache; readonly prober: AccountProber } | false;
}

/**
 * Ready means: the database can be read and written, the hashes of a pepper are complete, and on the first start the
 * directories have been read. A mirror that is out of date, or an upstream that fails or whose pepper is unknown,
 * degrades the server only. The other sources still answer, and taking the server out of service would not help. Call
 * it before the first sync.
 */
export async function openReadiness(deps: ReadinessDependencies): Promise<Health['ready']> {
  const { database, jobs, mirrorService, pepperService, configuredSources, clock, accounts } = deps;
  const history = new PartHistory();
  const statesOf = () =>
    Promise.all(mirrorService.sources.map(async (name) => [name, await mirrorService.state(name)] as const));
  let isRead = (await statesOf()).some(([, { syncedAt }]) => syncedAt !== undefined);
  const isFirstRead = !isRead;
  return async () => {
    const { isOk, failure } = await database.check();
    const [backlog, states] = await Promise.all([
      isOk ? within(backlogCheck(jobs, clock), undefined) : undefined,
      isOk ? within(statesOf(), undefined) : undefined,
    ]);
    isRead ||= states?.some(([, { syncedAt }]) => syncedAt !== undefined) ?? false;
    const unknown = { ok: false, failure: 'not known without the database' };
    const mirrors = states
      ? Object.fromEntries(states.map(([name, state]) => [name, mirrorCheck(state, clock)]))
      : Object.fromEntries(mirrorService.sources.map((name) => [name, unknown]));
    const pepper = pepperService.isReady();
    const upstreams = upstreamChecks(configuredSources, pepperService.monitor);
    const checks = {
      database: isOk,
      ...(failure !== undefined && { databaseFailure: failure }),
      pepper,
      mirrors,
      upstreams,
      ...(backlog && { jobs: backlog }),
      ...(accounts && { accounts: accountsCheck(accounts) }),
    };
    const now = clock.now();
    const seen: readonly SeenPart[] = [
      { part: 'database', ...(isOk ? OK : { state: 'down', why: failure ?? 'it does not answer' }) },
      { part: 'pepper', ...(pepper ? OK : { state: 'starting', why: 'addresses are being hashed' }) },
      ...(states ?? []).map(([name, state]) => mirrorPart(name, state)),
      ...Object.entries(upstreams).map(([name, { failure: why }]) => ({ part: `upstream ${name}`, ...okUnless(why) })),
      ...(accounts ? [{ part: 'account checks', ...okUnless(failuresIn(accounts)) }] : []),
    ];
    const noted = seen.map((part) => history.note(part, now));
    const unseen = states ? [] : mirrorService.sources.flatMap((name) => history.last(`mirror ${name}`) ?? []);
    const parts = [...noted, ...unseen];
    const state = stateOf(parts, isFirstRead, isRead);
    return { ok: state === 'ok' || state === 'degraded', state, parts, checks };
  };
}

const OK = { state: 'ok' } as const;

const okUnless = (why: string | undefined) => (why === undefined ? OK : ({ state: 'degraded', why } as const));

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

const SHOWN = 3;

/** The first homeservers whose accounts cannot be checked, with the reasons. */
function failuresIn({ prober }: { readonly prober: AccountProber }): string | undefined {
  const shown = [...prober.failures].slice(0, SHOWN).map(([homeserver, reason]) => `${homeserver}: ${reason}`);
  const more = prober.failures.size - shown.length;
  return shown.length === 0 ? undefined : shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function accountsCheck({ accountStatuses, prober }: { accountStatuses: AccountStatusCache; prober: AccountProber }) {
  const failures = Object.fromEntries(prober.failures);
  return { ok: prober.failures.size === 0, absent: accountStatuses.missingCount, failures };
}

function mirrorCheck(state: MirrorState, clock: Clock): MirrorCheck {
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
