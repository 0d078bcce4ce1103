import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison } from './comparison.js';
import { isReached, type Line, targetText } from './lines.js';
import { type Curve, picture } from './pictures.js';
import type { Results } from './run.js';

const DOCS = join(import.meta.dirname, '../../docs');
const PAGE = join(DOCS, 'topics/performance.md');
const [BEGIN, END] = ['<!-- figures of the bench: begin -->', '<!-- figures of the bench: end -->'];
const [OURS, BARE] = ['#0b6e4f', '#a33'];

/** Writes the table of docs/topics/performance.md between its marks, and draws its pictures. */
export async function writeDocs(results: Results): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  const [, after = ''] = rest.split(END);
  const drawn = pictures(results);
  const images = [...drawn.keys()].map(
    (name) => `![${name.replace(/\.svg$/, '').replaceAll('-', ' ')}](../images/${name})`,
  );
  const text = [table(results), ...images].join('\n\n');
  await writeFile(PAGE, `${before}${BEGIN}\n\n${text}\n\n${END}${after}`);
  for (const [name, svg] of drawn) await writeFile(join(DOCS, 'images', name), svg);
}

/** One row for each promise, with the conditions of the measurement. */
export function table(results: Results): string {
  const measured = Object.entries(results).filter(([, { figures }]) => figures.lines);
  const version = execFileSync('git', ['describe', '--always', '--tags'], { cwd: DOCS, encoding: 'utf8' }).trim();
  const circumstances = measured.map(
    ([name, { at, load }]) => `\`${name}\` ${at.slice(0, 10)}, load ${load.toFixed(1)}`,
  );
  const rows = measured
    .flatMap(([, { figures }]) => figures.lines ?? [])
    .toSorted((a, b) => Number(a.number) - Number(b.number));
  return [
    `Measured with ${process.version}, version ${version}: ${circumstances.join('; ')}.`,
    '',
    '| | what | measured | target | |',
    '|---|---|---|---|---|',
    ...rows.map(row),
  ].join('\n');
}

const row = (line: Line): string =>
  `| ${line.number} | ${line.what} | ${line.value.toFixed(2)} | ${targetText(line)} | ${isReached(line) ? 'reached' : 'missed'} |`;

/** How the cost of a request grows with the number of clients, of addresses in the request, and of stored addresses. */
export function pictures(results: Results): ReadonlyMap<string, string> {
  const drawn = new Map<string, string>();
  const http = requestsOf(results, 'http');
  if (http) {
    const curves = (names: readonly (readonly [label: string, name: string])[], figure: string): readonly Curve[] =>
      (
        [
          ['Islet', OURS, 'islet'],
          ['bare', BARE, 'bare'],
        ] as const
      ).map(([name, colour, side]) => ({
        name,
        colour,
        points: names.map(([label, kind]) => [label, http[kind]?.[`${side}${figure}`] ?? 0]),
      }));
    const clients = [1, 4, 16, 64].map((n) => [String(n), `hashed lookup of 1, ${n} clients`] as const);
    const asked = [1, 10, 100, 1_000, 10_000].map((n) => [String(n), `hashed lookup of ${n}, 16 clients`] as const);
    drawn.set(
      'lookups-by-clients.svg',
      picture('Lookups of one address', 'clients', 'requests a second', curves(clients, 'PerSecond')),
    );
    drawn.set(
      'lookups-by-size.svg',
      picture('Processor time of a lookup', 'addresses asked', 'ms', curves(asked, 'CpuMs')),
    );
  }
  const stored = requestsOf(results, 'stored')?.['hashed lookup of 1, 16 clients'];
  if (stored) {
    const points = [1_000, 10_000, 100_000, 1_000_000].map(
      (n) => [n.toLocaleString('en'), stored[`of${n}CpuMs`] ?? 0] as const,
    );
    drawn.set(
      'lookups-by-stored.svg',
      picture('Processor time of a lookup of one address', 'addresses stored', 'ms', [
        { name: 'Islet', colour: OURS, points },
      ]),
    );
  }
  return drawn;
}

const requestsOf = (results: Results, part: string): Readonly<Record<string, Comparison>> | undefined =>
  (results[part]?.figures as { readonly requests?: Readonly<Record<string, Comparison>> } | undefined)?.requests;
