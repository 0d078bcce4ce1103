import { setTimeout as pause } from 'node:timers/promises';
import { checkEffects } from '../test/support/instances/checks.js';
import { Cluster } from '../test/support/instances/cluster.js';
import { MixedLoad } from '../test/support/instances/mixed-load.js';
import { Report } from './shared/report.js';

const ROUNDS = 4;

/**
 * Three instances on one PostgreSQL behind Debian's nginx, under a mixed load, while each of them is killed and replaced.
 *
 * @returns whether the effect of every answered request is there on all instances
 */
export async function proveInstances(): Promise<boolean> {
  const report = new Report();
  const cluster = await Cluster.start(3);
  try {
    const load = new MixedLoad(cluster, 6);
    for (let round = 1; round <= ROUNDS; round++) {
      report.heading(`Instance ${round} dies, and another one comes`);
      await pause(4_000);
      await cluster.kill();
      await pause(2_000);
      await cluster.add();
      report.note(`${load.effects.answered} answers so far, ${load.effects.failed} ways broken off`);
    }
    const effects = await load.stop();
    await pause(1_000);
    report.heading('The effects of all answers');
    for (const { claim, isRight, seen } of await checkEffects(cluster, effects)) report.check(claim, isRight, seen);
  } finally {
    await cluster.close();
  }
  return report.close();
}
