import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { checkEffects } from '../support/instances/checks.js';
import { Cluster } from '../support/instances/cluster.js';
import { MixedLoad } from '../support/instances/mixed-load.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(3);
});
afterAll(() => cluster?.close());

it('three instances behind nginx lose no effect of an answered request while one is killed and another one starts', async () => {
  const load = new MixedLoad(cluster, 3);
  const { effects } = load;
  await eventually(() => effects.answered > 60 && effects.bound.size > 3);
  await cluster.kill();
  await cluster.add();
  const [answered, bound] = [effects.answered, effects.bound.size];
  await eventually(() => effects.answered > answered + 30 && effects.bound.size > bound);
  await load.stop();
  const checks = await checkEffects(cluster, effects);
  expect(checks.filter(({ isRight }) => !isRight)).toEqual([]);
});
