import type { Kind } from './http/requests.js';
import type { Line } from './lines.js';
import { median } from './measure.js';

/** The measurements of the load driver in one round. */
export interface Answer {
  readonly answered: number;
  readonly perSecond: number;
  readonly p99: number;
}

/** With the processor time of one request, in ms, which hardly depends on other load of the machine. */
export interface Figures extends Answer {
  readonly cpuMs: number;
}

/** Figures by name, such as `isletPerSecond` and `isletToBareByCpu`. */
export type Comparison = Readonly<Record<string, number>>;

/**
 * The medians of the rounds of each program, and of the ratios within each round.
 *
 * @param figures by program, one for each round; the first program is compared with each other one
 */
export function comparisonOf(figures: ReadonlyMap<string, readonly Figures[]>): Comparison {
  const of = (name: string, value: (sample: Figures) => number) => figures.get(name)?.map(value) ?? [];
  const [first, ...others] = figures.keys();
  const ratios = others.flatMap((other) => {
    const ratio = (value: (sample: Figures) => number) => {
      const [own, reference] = [of(first ?? '', value), of(other, value)];
      // Some programs are measured in the first rounds only.
      return median(reference.map((other, at) => (own[at] ?? Number.NaN) / other));
    };
    const name = `${first}To${other.slice(0, 1).toUpperCase()}${other.slice(1)}`;
    return [
      [name, ratio((sample) => sample.perSecond)],
      [`${name}ByCpu`, ratio((sample) => 1 / sample.cpuMs)],
    ];
  });
  return Object.fromEntries([
    ...[...figures.keys()].flatMap((name) => [
      [`${name}PerSecond`, Math.round(median(of(name, (sample) => sample.perSecond)))],
      [`${name}CpuMs`, median(of(name, (sample) => sample.cpuMs))],
    ]),
    [`${first}P99Ms`, median(of(first ?? '', (sample) => sample.p99))],
    ...ratios,
  ]) as Comparison;
}

/** The promises about requests and memory. */
export function linesOf(
  kinds: readonly Kind[],
  requests: Readonly<Record<string, Comparison>>,
  { atRestMB, isletToBare }: { readonly atRestMB: number; readonly isletToBare: number },
): readonly Line[] {
  const ofRequests = kinds.flatMap(({ name, line }): readonly Line[] => {
    const measured = requests[name];
    const value = line?.number === '4' ? measured?.isletToFormer : measured?.isletToBare;
    const other = line?.number === '4' ? 'former build' : 'bare';
    return line && value !== undefined ? [{ ...line, what: `${name} : ${other}`, value }] : [];
  });
  return [
    ...ofRequests,
    { number: '7', what: 'memory under this load, on average : bare', value: isletToBare, target: 0.9, isMost: true },
    { number: '7', what: 'memory at rest, MB', value: atRestMB, target: 110, isMost: true },
  ];
}
