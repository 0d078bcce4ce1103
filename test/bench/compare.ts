import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Kind, requestsFor, type Side } from './http/requests.js';
import { type Answer, type Comparison, comparisonOf, type Figures } from './comparison.js';
import { cpuMs } from './servers.js';

/** The JIT compilers take longest for the first requests of a kind. */
const WARM_UP_MS = 1_500;

/** Sends the same load to each server in turn, in short rounds: the speed of a virtual machine changes within seconds. Each ratio compares the first server with another one: above 1, the first is faster. */
export async function compare(
  driver: ChildProcess,
  kind: Kind,
  sides: Readonly<Record<string, Side>>,
  addresses: number,
  rounds: number,
  ms: number,
): Promise<Comparison> {
  const driven = Object.entries(sides).flatMap(([name, side]) => {
    const requests = requestsFor(kind, side, side.addresses ?? addresses);
    return requests ? [{ name, side, requests }] : [];
  });
  const figures = new Map<string, Figures[]>(driven.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, side, requests } of round % 2 === 0 ? driven : driven.toReversed()) {
      const cpuBefore = await cpuMs(side.pids());
      const work = { port: side.port, requests, clients: kind.clients, ms: round < 0 ? WARM_UP_MS : ms };
      const answer = await sendWork(driver, work);
      const spent = ((await cpuMs(side.pids())) - cpuBefore) / answer.answered;
      if (round >= 0) figures.get(name)?.push({ ...answer, cpuMs: spent });
    }
  }
  return comparisonOf(figures);
}

async function sendWork(driver: ChildProcess, work: object): Promise<Answer> {
  const answered = once(driver, 'message') as Promise<[Answer & { readonly error?: string }]>;
  driver.send(work);
  const [answer] = await answered;
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
