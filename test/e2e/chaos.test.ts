import { describe, expect, it } from 'vitest';
import { runCampaign } from '../chaos/campaign.js';
import type { Incident } from '../chaos/cycle.js';
import { needBuild, sharedPostgres } from '../support/services.js';

await Promise.all([needBuild(), sharedPostgres()]);

const KILL: Incident = { kind: 'kill' };
const incidents = {
  sqlite: [KILL, { kind: 'power cut' }, { kind: 'fault', neighbour: 'homeserver', fault: 'reset' }],
  postgres: [
    KILL,
    { kind: 'fault', neighbour: 'database', fault: 'refuse' },
    { kind: 'fault and kill', neighbour: 'mail', fault: 'hang' },
  ],
} as const satisfies Record<string, readonly Incident[]>;

describe('what was answered', () => {
  it.each(['sqlite', 'postgres'] as const)(
    'is true after kills, power cuts and faults of neighbours on %s, and nothing goes to a wrong person',
    async (database) => {
      const plan = incidents[database];
      const figures = await runCampaign({ database, seed: 20, cycles: plan.length, incidents: plan });
      expect({ lost: figures.lost, wrong: figures.wrong }).toEqual({ lost: [], wrong: [] });
      expect(figures.counts.binds).toBeGreaterThan(0);
    },
    120_000,
  );
});
