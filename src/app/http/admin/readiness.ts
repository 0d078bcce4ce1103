import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
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
import type { Health } from './health.js';

/**
 * Ready is who can answer: the database is there and a pepper is hashed. A mirror that is behind its
 * directory, or an upstream that fails or whose pepper cannot be learned, is said; but the others
 * answer, and taking the server out of service would help nobody.
 */
export function healthOf(
  db: Knex,
  mirrorService: MirrorService,
  pepperService: PepperService,
  configuredSources: readonly ConfiguredSource[],
  clock: Clock,
  registry: Registry,
  accounts: { readonly accountStatuses: AccountStatusCache; readonly prober: AccountProber } | false,
): Health {
  return {
    metrics: () => registry.metrics(),
    ready: async () => {
      const [database, ...states] = await Promise.all([
        db.raw('select 1').then(
          () => true,
          () => false,
        ),
        ...mirrorService.sources.map(async (name) => [name, await mirrorCheck(mirrorService, name, clock)] as const),
      ]);
      const pepper = pepperService.isReady();
      const upstreams = upstreamChecks(configuredSources, pepperService.monitor);
      const checks = { database, pepper, mirrors: Object.fromEntries(states), upstreams };
      return { ok: database && pepper, checks: accounts ? { ...checks, accounts: accountsCheck(accounts) } : checks };
    },
  };
}

/** As its last questions went, and the newest look at its pepper, a minute ago at most. */
const upstreamChecks = (configuredSources: readonly ConfiguredSource[], watch: UpstreamPepperMonitor | undefined) =>
  Object.fromEntries(
    configuredSources.flatMap((stage) => {
      if (stage === BINDINGS || !(stage.source instanceof ResilientSource)) return [];
      const { name } = stage.source;
      const failure = stage.source.trouble() ?? (watch?.source === name ? watch.failure : undefined);
      return [[name, { ok: failure === undefined, failure }] as const];
    }),
  );

function accountsCheck({ accountStatuses, prober }: { accountStatuses: AccountStatusCache; prober: AccountProber }) {
  const failures = Object.fromEntries(prober.failures);
  return { ok: prober.failures.size === 0, absent: accountStatuses.missingCount, failures };
}

async function mirrorCheck(mirrorService: MirrorService, name: string, clock: Clock) {
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
