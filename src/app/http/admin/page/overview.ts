import { warningsOf } from '../../../../domain/mirror/sync-guard.js';
import type { MirrorService } from '../../../../domain/mirror/mirror-service.js';
import type { Clock } from '../../../../ports/clock.js';
import type { Endpoints } from '../../endpoints.js';
import type { Health } from '../health.js';
import { chartOf } from './chart.js';
import type { CheckRuns } from './check-runs.js';
import type { MetricHistory, Series } from './metric-history.js';
import type { Views } from './views.js';

export interface OverviewDependencies {
  readonly mirrorService: MirrorService;
  readonly history: MetricHistory;
  readonly checks: CheckRuns;
  readonly health: Pick<Health, 'ready'>;
  readonly clock: Clock;
}

/** Whether all is well, what to do, and the last day. */
export const overviewEndpoints = (views: Views, deps: OverviewDependencies): Endpoints => ({
  '/': {
    GET: views.page(async (visit) => {
      const { checks, clock, health, history } = deps;
      const now = clock.now();
      const [{ ok: isReady, parts = [] }, mirrors] = await Promise.all([health.ready(), mirrorsOf(deps.mirrorService)]);
      const failing = parts.filter(({ state }) => state !== 'ok');
      const found = checks.latest?.found ?? [];
      const problems = found.filter(({ state }) => state === 'failure' || state === 'warning');
      const states = [...mirrors, ...problems].map(({ state }) => state);
      const isBad = !isReady || failing.length > 0 || states.includes('bad') || states.includes('failure');
      const charts = history.series.map((series) => ({
        ...series,
        chart: chartOf(history.bars(series, now)),
        perMinute: history.perMinute(series, now),
      }));
      const ofKind = (isWanted: (kind: Series['kind']) => boolean) => charts.filter(({ kind }) => isWanted(kind));
      views.show(
        'overview',
        {
          verdict: isBad
            ? 'bad'
            : mirrors.some(({ state }) => state === 'warn') || problems.length > 0
              ? 'warn'
              : 'good',
          isReady,
          failing,
          mirrors,
          checkedAt: checks.latest?.at,
          isChecking: checks.isRunning,
          problems,
          passed: found.filter(({ state }) => state === 'ok'),
          lookups: ofKind((kind) => kind === 'lookups'),
          messages: ofKind((kind) => kind !== 'lookups'),
          since: history.since,
        },
        visit,
      );
    }),
  },
  '/page/checks': {
    POST: views.form(({ res }) => {
      deps.checks.start();
      res.redirect(303, '/');
    }),
  },
});

/** The mirrors in the form of the cards. */
export const mirrorsOf = (mirrorService: MirrorService) =>
  Promise.all(
    mirrorService.sources.map(async (source) => {
      const mirror = await mirrorService.state(source);
      const { failure, syncedAt, bases, incrementalAt, attemptedAt } = mirror;
      const warnings = warningsOf(mirror);
      const isBad = failure !== undefined && !failure.isIncremental;
      const isOdd = failure !== undefined || warnings.length > 0 || syncedAt === undefined;
      return {
        source,
        state: isBad ? ('bad' as const) : isOdd ? ('warn' as const) : ('good' as const),
        syncedAt,
        incrementalAt,
        attemptedAt,
        failure,
        warnings,
        bases: Object.entries(bases),
        entries: Object.values(bases).reduce((sum, count) => sum + count, 0),
        isRejected: failure?.isRejected ?? false,
      };
    }),
  );
