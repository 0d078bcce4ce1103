import { describe, expect, it } from 'vitest';
import { comparisonOf, type Figures, linesOf } from './comparison.js';
import { table } from './docs.js';
import type { Kind } from './http/requests.js';
import { isReached, lineText } from './lines.js';
import { median } from './measure.js';

const rounds = (perSecond: readonly number[], cpuMs: readonly number[]): readonly Figures[] =>
  perSecond.map((rate, at) => ({ answered: 100, perSecond: rate, p99: at, cpuMs: cpuMs[at] ?? 0 }));

const kind = (name: string, request: string, number: string, target: number): Kind =>
  ({ name, request, clients: 16, line: { number, target } }) as Kind;

describe('the bench', () => {
  it('takes the median of the rounds', () => {
    expect(median([5, 1, 100, 2, 3])).toBe(3);
    expect(median([7])).toBe(7);
  });

  it('compares within each round: a machine that is slow in one changes nothing', () => {
    const compared = comparisonOf(
      new Map([
        ['islet', rounds([100, 1000, 10], [1, 2, 4])],
        ['bare', rounds([200, 2000, 5], [2, 6, 4])],
      ]),
    );
    expect(compared).toEqual({
      isletPerSecond: 100,
      isletCpuMs: 2,
      barePerSecond: 200,
      bareCpuMs: 4,
      isletP99Ms: 1,
      isletToBare: 0.5,
      isletToBareByCpu: 2,
    });
  });

  it('compares only the rounds in which both were measured', () => {
    const [islet, bare] = [rounds([100, 200, 900, 900], [1, 1, 1, 1]), rounds([100, 100], [1, 1])];
    const compared = comparisonOf(new Map(Object.entries({ islet, bare })));
    expect([compared['isletToBare'], compared['isletToBareByCpu']]).toEqual([2, 1]);
  });

  it('prints each promise as reached or missed, and writes it into the docs', () => {
    const kinds = [kind('ping', 'ping', '1', 0.9), kind('v1 lookup', 'v1', '4', 3), kind('other', 'ping', '1', 1)];
    const requests = { ping: { isletToBare: 0.9 }, 'v1 lookup': { isletToFormer: 2.99, isletToBare: 9 } };
    const lines = linesOf(kinds, requests, { atRestMB: 110, isletToBare: 0.91 });
    expect(lines.map((line) => [line.number, line.what, isReached(line)])).toEqual([
      ['1', 'ping : bare', true],
      ['4', 'v1 lookup : former build', false],
      ['7', 'memory under this load, on average : bare', false],
      ['7', 'memory at rest, MB', true],
    ]);
    expect(lines.map((line) => lineText(line).replace(/ +/g, ' '))).toEqual([
      'reached 1 ping : bare 0.90 (at least 0.9)',
      'missed 4 v1 lookup : former build 2.99 (at least 3)',
      'missed 7 memory under this load, on average : bare 0.91 (at most 0.9)',
      'reached 7 memory at rest, MB 110.00 (at most 110)',
    ]);
    const at = '2026-11-29T12:00:00.000Z';
    const text = table({ http: { at, load: 1.25, figures: { lines } }, sync: { at, load: 9, figures: {} } });
    expect(text).toContain('`http` 2026-11-29, load 1.3.');
    expect(text).not.toContain('sync');
    expect(text).toContain('| 4 | v1 lookup : former build | 2.99 | at least 3 | missed |\n| 7 |');
  });
});
