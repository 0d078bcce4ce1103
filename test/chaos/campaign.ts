import { runCycle } from './cycle.js';
import { incidentNamed, pickIncident } from './incidents/index.js';
import { Model } from './model.js';
import { SeededRandom } from './random.js';
import { type Figures, figuresOf } from './report.js';
import { verifyDirectory, verifyOnbinds, waitForDeliveries } from './verify.js';
import { type DatabaseKind, openWorld, type World } from './world.js';

/** Retries happen after 5, 10, 20 … seconds, and several faults may have affected a job. */
const ALL_DELIVERED_MS = 300_000;

interface Plan {
  readonly database: DatabaseKind;
  readonly seed: number;
  readonly cycles: number;
  /** The incidents in each cycle, by name; by default, the seed decides. */
  readonly incidents?: readonly string[];
  /** The program of another build. */
  readonly cli?: string;
  /** Stops before the next cycle. */
  readonly isOver?: () => boolean;
  readonly onCycle?: (line: string) => void;
}

/** Runs cycles on one database, one after the other. */
export async function runCampaign(plan: Plan): Promise<Figures> {
  const { database, seed, cycles, incidents, onCycle = () => undefined } = plan;
  const model = new Model();
  const world = await openWorld(database, plan.cli);
  const happened: Record<string, number> = {};
  let done = 0;
  try {
    model.label = 'before the first cycle';
    await verifyDirectory(world, model);
    for (let cycle = 1; cycle <= cycles && !plan.isOver?.(); cycle++) {
      // The same in each run, whatever the users of earlier cycles did.
      const random = new SeededRandom(seed * 1_000_003 + cycle);
      const name = incidents?.[cycle - 1];
      const incident = name === undefined ? pickIncident(world, random) : incidentNamed(world, name);
      happened[incident.name] = (happened[incident.name] ?? 0) + 1;
      model.label = `cycle ${cycle}, ${incident.name}`;
      const since = performance.now();
      const [lost, wrong] = [model.lost.length, model.wrong.length];
      if (await world.services.revive()) onCycle('another program had ended the directory');
      try {
        await runCycle(world, model, random, cycle, incident);
      } catch (error) {
        model.isWrong(error instanceof Error ? (error.stack ?? error.message) : String(error));
        await repair(world).catch((cause: unknown) => {
          throw new Error(`${database}, seed ${seed}, ${model.label}: nothing is well again`, { cause });
        });
      }
      done = cycle;
      const took = ((performance.now() - since) / 1000).toFixed(1);
      const found = `${model.addresses.length} addresses, ${model.lost.length} lost, ${model.wrong.length} wrong`;
      onCycle(`${database} ${cycle}/${cycles} ${took} s, ${incident.name}: ${found}`);
      for (const line of [...model.lost.slice(lost), ...model.wrong.slice(wrong)]) onCycle(`  ${line}`);
    }
    model.label = 'at the end';
    await world.services.revive();
    await waitForDeliveries(world, model, ALL_DELIVERED_MS);
    for (const { address } of model.undelivered)
      model.isLost(`${address}: the homeserver, or the invited person, was not told`);
    await verifyDirectory(world, model);
    const { duplicates: onbinds } = verifyOnbinds(world, model);
    return figuresOf(plan, world, model, { cycles: done, happened, onbinds });
  } finally {
    await world.close();
  }
}

/** After a cycle that failed. */
async function repair({ services, fleet, disk, forgetful }: World): Promise<void> {
  for (const proxy of Object.values(services.proxies)) await proxy.repair().catch(() => undefined);
  await disk?.setReadOnly(false).catch(() => undefined);
  await disk?.free();
  await forgetful?.setReadOnly(false);
  await services.postgres?.start();
  await fleet.stop('SIGKILL', ...fleet.instances);
  await fleet.start(...fleet.instances);
  await fleet.well();
}
