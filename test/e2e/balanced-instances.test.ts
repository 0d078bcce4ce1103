import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkEffects } from '../support/instances/checks.js';
import { Cluster } from '../support/instances/cluster.js';
import { MixedLoad } from '../support/instances/mixed-load.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(3);
});
afterAll(() => cluster?.close());

it('three instances behind nginx lose no effect of an answered request while one dies and another one comes', async () => {
  const load = new MixedLoad(cluster, 3);
  await pause(2_000);
  await cluster.kill();
  await cluster.add();
  await pause(1_000);
  const effects = await load.stop();
  // Bindings are visible to the other instances within a second.
  await pause(1_000);
  const checks = await checkEffects(cluster, effects);
  expect(checks.filter(({ isRight }) => !isRight)).toEqual([]);
});
