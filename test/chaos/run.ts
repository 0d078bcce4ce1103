import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.js';
import type { DatabaseKind } from './world.js';

/* `npm run chaos -- --seed 1 --cycles 50 --database sqlite`: faults, and what is left of promises. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cycles: { type: 'string', default: '20' },
    database: { type: 'string', default: 'both' },
  },
});
const databases: readonly DatabaseKind[] =
  values.database === 'both' ? ['sqlite', 'postgres'] : [values.database === 'postgres' ? 'postgres' : 'sqlite'];
for (const database of databases) {
  const figures = await runCampaign({
    database,
    seed: Number(values.seed),
    cycles: Number(values.cycles),
    onCycle: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
  if (figures.lost.length > 0 || figures.wrong.length > 0) process.exitCode = 1;
}
process.exit();
