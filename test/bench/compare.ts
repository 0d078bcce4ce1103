import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Kind, lookupOf, requestsFor, type Side } from './http/requests.js';
import { type Answer, type Comparison, comparisonOf, type Figures } from './comparison.js';
import { cpuMs } from './servers.js';

/** The JIT compilers take longest for the first requests of a kind. */
const WARM_UP_MS = 1_000;
const FIRST_WARM_UP_MS = 4_000;

export interface Load {
  readonly driver: ChildProcess;
  /** The number of stored addresses, unless the sides differ in it. */
  readonly addresses?: number;
  readonly rounds: number;
  /** How long each server is under load in each round. */
  readonly ms: number;
}

/**
 * The figures of several starts of the same servers. What the JIT compilers make of the same program differs from process
 * to process: equal servers differed by up to 20 % for as long as they ran.
 */
export class Comparisons {
  private readonly figures = new Map<string, Map<string, Figures[]>>();

  /** Sends the same load to each server in turn, in short rounds: the speed of a virtual machine changes within seconds. */
  async measure(kind: Kind, sides: Readonly<Record<string, Side>>, load: Load): Promise<void> {
    const ofKind = this.figures.get(kind.name) ?? new Map<string, Figures[]>();
    this.figures.set(kind.name, ofKind);
    for (const [name, figures] of await drive(kind, sides, load))
      ofKind.set(name, [...(ofKind.get(name) ?? []), ...figures]);
  }

  /** Lets the JIT compilers of servers that have just been started do most of their work. */
  async warmUp(sides: Readonly<Record<string, Side>>, load: Load): Promise<void> {
    for (const kind of [lookupOf(1), lookupOf(100)]) await drive(kind, sides, { ...load, rounds: 0 }, FIRST_WARM_UP_MS);
  }

  /** By the name of the kind. Each ratio compares the first server with another one: above 1, the first is faster. */
  get all(): Readonly<Record<string, Comparison>> {
    return Object.fromEntries([...this.figures].map(([name, figures]) => [name, comparisonOf(figures)]));
  }
}

async function drive(
  kind: Kind,
  sides: Readonly<Record<string, Side>>,
  { driver, addresses = 0, rounds, ms }: Load,
  warmUpMs = WARM_UP_MS,
): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const driven = Object.entries(sides).flatMap(([name, side]) => {
    const requests = requestsFor(kind, side, side.addresses ?? addresses);
    return requests ? [{ name, side, requests }] : [];
  });
  const figures = new Map<string, Figures[]>(driven.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, side, requests } of round % 2 === 0 ? driven : driven.toReversed()) {
      const cpuBefore = await cpuMs(side.pids());
      const work = { port: side.port, requests, clients: kind.clients, ms: round < 0 ? warmUpMs : ms };
      const answer = await sendWork(driver, work);
      const spent = ((await cpuMs(side.pids())) - cpuBefore) / answer.answered;
      if (round >= 0) figures.get(name)?.push({ ...answer, cpuMs: spent });
    }
  }
  return figures;
}

async function sendWork(driver: ChildProcess, work: object): Promise<Answer> {
  const ending = new AbortController();
  const { signal } = ending;
  const answered = once(driver, 'message', { signal }) as Promise<[Answer & { readonly error?: string }]>;
  const ended = once(driver, 'exit', { signal }).then(() => {
    throw new Error('the load driver ended');
  });
  driver.send(work);
  const [answer] = await Promise.race([answered, ended]).finally(() => ending.abort());
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
