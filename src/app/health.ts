import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
import { remarksOf } from '../domain/distrust.js';
import type { Mirrors } from '../domain/mirrors.js';
import type { PepperWatch } from '../domain/pepper-watch.js';
import type { Peppers } from '../domain/peppers.js';
import type { Clock } from '../ports/clock.js';
import type { Health } from './http/health.js';

/**
 * Ready is who can answer: the database is there and a pepper is hashed. A mirror that is behind its
 * directory, or an upstream whose pepper cannot be learned, is said; but the others answer, and taking
 * the server out of service would help nobody.
 */
export function healthOf(db: Knex, mirrors: Mirrors, peppers: Peppers, clock: Clock, registry: Registry): Health {
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
      const upstreams = peppers.watch ? { [peppers.watch.source]: followedCheck(peppers.watch) } : {};
      return { ok: database && pepper, checks: { database, pepper, mirrors: Object.fromEntries(states), upstreams } };
    },
  };
}

/** As the newest look at its pepper went, a minute ago at most. */
const followedCheck = ({ failure }: PepperWatch) => ({ ok: failure === undefined, failure });

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
