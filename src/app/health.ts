import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
import { ManneredSource } from '../adapters/upstream/mannered-source.js';
import { BINDINGS } from '../domain/association.js';
import { remarksOf } from '../domain/distrust.js';
import type { AccountChecks } from '../domain/account-checks.js';
import type { AccountQuestions } from '../domain/account-questions.js';
import type { Mirrors } from '../domain/mirrors.js';
import type { PepperWatch } from '../domain/pepper-watch.js';
import type { Peppers } from '../domain/peppers.js';
import type { Clock } from '../ports/clock.js';
import type { Stage } from './chain.js';
import type { Health } from './http/health.js';

/**
 * Ready is who can answer: the database is there and a pepper is hashed. A mirror that is behind its
 * directory, or an upstream that fails or whose pepper cannot be learned, is said; but the others
 * answer, and taking the server out of service would help nobody.
 */
export function healthOf(
  db: Knex,
  mirrors: Mirrors,
  peppers: Peppers,
  stages: readonly Stage[],
  clock: Clock,
  registry: Registry,
  accounts: { readonly checks: AccountChecks; readonly questions: AccountQuestions } | false,
): Health {
  return {
    metrics: () => registry.metrics(),
    ready: async () => {
      const [database, ...states] = await Promise.all([
        db.raw('select 1').then(
          () => true,
          () => false,
        ),
        ...mirrors.sources.map(async (name) => [name, await mirrorCheck(mirrors, name, clock)] as const),
      ]);
      const pepper = peppers.isReady();
      const upstreams = upstreamChecks(stages, peppers.watch);
      const checks = { database, pepper, mirrors: Object.fromEntries(states), upstreams };
      return { ok: database && pepper, checks: accounts ? { ...checks, accounts: accountsCheck(accounts) } : checks };
    },
  };
}

/** As its last questions went, and the newest look at its pepper, a minute ago at most. */
const upstreamChecks = (stages: readonly Stage[], watch: PepperWatch | undefined) =>
  Object.fromEntries(
    stages.flatMap((stage) => {
      if (stage === BINDINGS || !(stage.source instanceof ManneredSource)) return [];
      const { name } = stage.source;
      const failure = stage.source.trouble() ?? (watch?.source === name ? watch.failure : undefined);
      return [[name, { ok: failure === undefined, failure }] as const];
    }),
  );

function accountsCheck({ checks, questions }: { checks: AccountChecks; questions: AccountQuestions }) {
  const failures = Object.fromEntries(questions.failures);
  return { ok: questions.failures.size === 0, absent: checks.absentees, failures };
}

async function mirrorCheck(mirrors: Mirrors, name: string, clock: Clock) {
  const state = await mirrors.state(name);
  const { syncedAt, failure, parts } = state;
  const warnings = remarksOf(state);
  return {
    ok: failure === undefined && syncedAt !== undefined,
    entries: Object.values(parts).reduce((sum, count) => sum + count, 0),
    ageSeconds: syncedAt === undefined ? undefined : Math.round((clock.now() - syncedAt) / 1000),
    failure: failure?.reason,
    ...(warnings.length > 0 && { warnings }),
  };
}
