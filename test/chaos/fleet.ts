import type { RunningIslet } from '../support/islet.js';
import { eventually } from '../support/eventually.js';
import type { SeededRandom } from './random.js';

const WELL_WITHIN_MS = 90_000;

/**
 * The instances, and a simple balancer: each request goes to the next instance, and skips those that refuse
 * connections.
 */
export class Fleet {
  /** How long starts and stops took, in milliseconds. */
  readonly startTimes: number[] = [];
  readonly stopTimes: number[] = [];
  private readonly down = new Set<RunningIslet>();
  private turn = 0;

  constructor(readonly instances: readonly RunningIslet[]) {}

  /** How long a start takes on this machine, in ms. The time at which a starting instance is killed depends on it. */
  get pace(): number {
    return this.startTimes.toSorted((a, b) => a - b)[Math.floor(this.startTimes.length / 2)] ?? 1_000;
  }

  /** The URLs in the order in which a request tries them. */
  route(): readonly string[] {
    const first = this.turn++ % this.instances.length;
    return [...this.instances.slice(first), ...this.instances.slice(0, first)].map(({ url }) => url);
  }

  get running(): readonly RunningIslet[] {
    return this.instances.filter((instance) => !this.down.has(instance));
  }

  pick(random: SeededRandom): RunningIslet {
    return random.pick(this.running);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL', ...chosen: readonly RunningIslet[]): Promise<void> {
    await Promise.all(
      chosen.map(async (instance) => {
        const since = performance.now();
        this.down.add(instance);
        await instance.stop(signal);
        if (signal === 'SIGTERM') this.stopTimes.push(performance.now() - since);
      }),
    );
  }

  /** Starts these instances; by default, those that are not running. */
  async start(...chosen: readonly RunningIslet[]): Promise<void> {
    const starting = chosen.length > 0 ? chosen : [...this.down];
    await Promise.all(
      starting.map(async (instance) => {
        const since = performance.now();
        await instance.restart();
        this.down.delete(instance);
        this.startTimes.push(performance.now() - since);
      }),
    );
  }

  /** Waits until all running instances are ready. */
  async well(): Promise<void> {
    await eventually(
      async () => (await Promise.all(this.running.map(statusOf))).every((status) => status === 200),
      WELL_WITHIN_MS,
    );
  }
}

const statusOf = ({ adminUrl }: RunningIslet): Promise<number> =>
  fetch(`${adminUrl}/health/ready`).then(
    ({ status }) => status,
    () => 0,
  );
