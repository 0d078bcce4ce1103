import { type Incident, nameOf, pickIncident, runCycle } from './cycle.js';
import { Model } from './model.js';
import { SeededRandom } from './random.js';
import { type DatabaseKind, openWorld } from './world.js';

export interface Figures {
  readonly database: DatabaseKind;
  readonly seed: number;
  readonly cycles: number;
  readonly incidents: Readonly<Record<string, number>>;
  readonly lost: readonly string[];
  readonly wrong: readonly string[];
  readonly duplicateOnbinds: number;
  readonly duplicateMails: number;
  readonly counts: Model['counts'];
}

interface Plan {
  readonly database: DatabaseKind;
  readonly seed: number;
  readonly cycles: number;
  /** What happens in each cycle; without it, what the seed says. */
  readonly incidents?: readonly Incident[];
  readonly onCycle?: (line: string) => void;
}

/** Runs cycles on one database, one after the other. */
export async function runCampaign({
  database,
  seed,
  cycles,
  incidents,
  onCycle = () => undefined,
}: Plan): Promise<Figures> {
  const random = new SeededRandom(seed);
  const model = new Model();
  const world = await openWorld(database);
  const found = { lost: [] as string[], wrong: [] as string[], duplicateOnbinds: 0, duplicateMails: 0 };
  const happened: Record<string, number> = {};
  try {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const incident = incidents?.[cycle - 1] ?? pickIncident(world, random);
      const verdict = await runCycle(world, model, random, incident);
      const name = nameOf(incident);
      happened[name] = (happened[name] ?? 0) + 1;
      for (const kind of ['lost', 'wrong'] as const) {
        found[kind].push(...verdict[kind].map((what) => `cycle ${cycle}, ${name}: ${what}`));
      }
      found.duplicateOnbinds += verdict.duplicateOnbinds;
      found.duplicateMails += verdict.duplicateMails;
      onCycle(
        `${database} ${cycle}/${cycles} ${name}: ${model.addresses.length} addresses, ${found.lost.length} lost, ${found.wrong.length} wrong`,
      );
    }
  } finally {
    await world.close();
  }
  return { database, seed, cycles, incidents: happened, ...found, counts: model.counts };
}
