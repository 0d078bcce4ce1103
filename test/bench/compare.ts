import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Kind, requestsFor, type Side } from './http/requests.js';
import { median } from './measure.js';
import { cpuMs } from './servers.js';

interface Answer {
  readonly answered: number;
  readonly perSecond: number;
  readonly p99: number;
}

/** Processor time for a request, in ms: it says the same on a busy machine. */
interface Figures extends Answer {
  readonly cpuMs: number;
}

/** Figures by name, such as `isletPerSecond` and `isletToBareByCpu`. */
export type Comparison = Readonly<Record<string, number>>;

/** Puts servers under load in turn. Every ratio is how many times as fast the first one is. */
export async function compare(
  driver: ChildProcess,
  kind: Kind,
  sides: Readonly<Record<string, Side>>,
  addresses: number,
  rounds: number,
  ms: number,
): Promise<Comparison> {
  const asked = Object.entries(sides).flatMap(([name, side]) => {
    const requests = requestsFor(kind, side, side.addresses ?? addresses);
    return requests ? [{ name, side, requests }] : [];
  });
  const figures = new Map<string, Figures[]>(asked.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, side, requests } of round % 2 === 0 ? asked : asked.toReversed()) {
      const cpuBefore = await cpuMs(side.pids());
      const work = { port: side.port, requests, clients: kind.clients, ms: round < 0 ? 400 : ms };
      const answer = await order(driver, work);
      const spent = ((await cpuMs(side.pids())) - cpuBefore) / answer.answered;
      if (round >= 0) figures.get(name)?.push({ ...answer, cpuMs: spent });
    }
  }
  const of = (name: string, value: (one: Figures) => number) => figures.get(name)?.map(value) ?? [];
  const [first, ...others] = asked.map(({ name }) => name);
  const ratios = others.flatMap((other) => {
    const ratio = (value: (one: Figures) => number) => {
      const theirs = of(other, value);
      return median(of(first ?? '', value).map((own, at) => own / (theirs[at] ?? Number.NaN)));
    };
    const name = `${first}To${other.slice(0, 1).toUpperCase()}${other.slice(1)}`;
    return [
      [name, ratio((one) => one.perSecond)],
      [`${name}ByCpu`, ratio((one) => 1 / one.cpuMs)],
    ];
  });
  return Object.fromEntries([
    ...asked.flatMap(({ name }) => [
      [`${name}PerSecond`, Math.round(median(of(name, (one) => one.perSecond)))],
      [`${name}CpuMs`, median(of(name, (one) => one.cpuMs))],
    ]),
    [`${first}P99Ms`, median(of(first ?? '', (one) => one.p99))],
    ...ratios,
  ]) as Comparison;
}

async function order(driver: ChildProcess, work: object): Promise<Answer> {
  const answered = once(driver, 'message') as Promise<[Answer & { readonly error?: string }]>;
  driver.send(work);
  const [answer] = await answered;
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
