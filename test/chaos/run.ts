import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.js';
import { observeFaults } from './fault-table.js';
import { SERVICES } from './external-services.js';
import { reportOf } from './report.js';
import { reportOfFiles } from './sum.js';
import type { DatabaseKind } from './world.js';

const USAGE = `npm run chaos [-- OPTION…]: causes faults and checks that nothing that was answered is lost. SIGINT ends it after the current cycle.

  --seed N            selects the faults (1)
  --cycles N          the number of faults for each database (20)
  --database NAME     sqlite, postgres or both (both)
  --incident NAME     only this incident; may be repeated
  --cli FILE          tests another build
  --json              prints the figures as JSON
  --sum FILE…         adds up such figures
  --each SERVICE      prints the effects of each fault of a service: ${SERVICES.join(', ')}
  --help              prints this text
`;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    cycles: { type: 'string', default: '20' },
    database: { type: 'string', default: 'both' },
    incident: { type: 'string', multiple: true },
    cli: { type: 'string' },
    each: { type: 'string' },
    sum: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  await print(USAGE);
  process.exit();
}
if (values.sum) {
  await print(await reportOfFiles(positionals));
  process.exit();
}
if (values.each !== undefined) {
  const service = SERVICES.find((name) => name === values.each);
  if (!service) throw new Error(`--each takes one of ${SERVICES.join(', ')}`);
  await observeFaults(service, (row) => void print(row));
  process.exit();
}
let isOver = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isOver = true));
const databases: readonly DatabaseKind[] =
  values.database === 'both' ? ['sqlite', 'postgres'] : [values.database === 'postgres' ? 'postgres' : 'sqlite'];
for (const database of databases) {
  const figures = await runCampaign({
    database,
    seed: Number(values.seed),
    cycles: values.incident?.length ?? Number(values.cycles),
    isOver: () => isOver,
    onCycle: (line) => process.stderr.write(`${line}\n`),
    ...(values.cli !== undefined && { cli: values.cli }),
    ...(values.incident && { incidents: values.incident }),
  });
  await print(values.json ? JSON.stringify(figures, undefined, 2) : reportOf(figures));
  if (figures.lost.length > 0 || figures.wrong.length > 0) process.exitCode = 1;
}
process.exit();

/** A pipe accepts a limited amount at once, and the process exits by itself. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
}
