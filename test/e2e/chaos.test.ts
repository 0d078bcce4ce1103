import { describe, expect, it } from 'vitest';
import { runCampaign } from '../chaos/campaign.js';
import { targetsOf } from '../chaos/report.js';
import { needBuild } from '../support/services.js';

await needBuild();

const incidents = {
  sqlite: ['kill', 'fault: mail, oversize', 'disk full', 'kill in a backup'],
  postgres: ['kill of one of three', 'kill -9 of the database', 'fault: homeserver, expired certificate'],
} as const;

describe('the answers of a server', () => {
  it.concurrent.each(['sqlite', 'postgres'] as const)(
    'remain true after kills and faults on %s, and nothing is delivered to a wrong person',
    async (database) => {
      const figures = await runCampaign({
        database,
        seed: 20,
        cycles: incidents[database].length,
        incidents: incidents[database],
      });
      expect({ lost: figures.lost, wrong: figures.wrong }).toEqual({ lost: [], wrong: [] });
      expect(figures.counts.binds).toBeGreaterThan(0);
      expect(targetsOf(figures).map(({ what }) => what)).toContain('nothing that was answered is lost');
    },
    600_000,
  );
});
