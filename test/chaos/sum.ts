import { readFile } from 'node:fs/promises';
import { type Figures, reportOf, type Spread } from './report.js';

type Numbers = Readonly<Record<string, number>>;

/** Figures of several runs on the same database, added up. */
function sumOf(parts: readonly [Figures, ...Figures[]]): Figures {
  const [first] = parts;
  const add = (of: (figures: Figures) => Numbers): Record<string, number> => {
    const sums: Record<string, number> = {};
    for (const part of parts) {
      for (const [name, count] of Object.entries(of(part))) sums[name] = (sums[name] ?? 0) + count;
    }
    return sums;
  };
  const lines = (of: (figures: Figures) => readonly string[]) =>
    parts.flatMap((part) => of(part).map((line) => `seed ${part.seed}, ${line}`));
  const watched = (service: string) => parts.flatMap(({ lookups }) => lookups[service] ?? []);
  const names = [...new Set(parts.flatMap(({ lookups }) => Object.keys(lookups)))];
  return {
    ...first,
    cycles: add(({ cycles }) => ({ cycles }))['cycles'] ?? 0,
    incidents: add(({ incidents }) => incidents),
    counts: add(({ counts }) => counts) as unknown as Figures['counts'],
    lost: lines(({ lost }) => lost),
    wrong: lines(({ wrong }) => wrong),
    duplicates: add(({ duplicates }) => duplicates) as unknown as Figures['duplicates'],
    lookups: Object.fromEntries(
      names.map((name) => [
        name,
        {
          asked: watched(name).reduce((sum, { asked }) => sum + asked, 0),
          answered: watched(name).reduce((sum, { answered }) => sum + answered, 0),
          slowestMs: Math.max(...watched(name).map(({ slowestMs }) => slowestMs)),
        },
      ]),
    ),
    times: {
      start: spreadOfAll(parts.map(({ times }) => times.start)),
      shutdown: spreadOfAll(parts.map(({ times }) => times.shutdown)),
      bindOnOthers: spreadOfAll(parts.map(({ times }) => times.bindOnOthers)),
      takeover: spreadOfAll(parts.map(({ times }) => times.takeover)),
    },
  };
}

/** The median is that of the medians, without weights: the parts are about equally long. */
function spreadOfAll(spreads: readonly Spread[]): Spread {
  const middles = spreads.filter(({ count }) => count > 0).map(({ middle }) => middle);
  return {
    count: spreads.reduce((sum, { count }) => sum + count, 0),
    middle: middles.toSorted((a, b) => a - b)[Math.floor(middles.length / 2)] ?? 0,
    longest: Math.max(0, ...spreads.map(({ longest }) => longest)),
  };
}

/** The report about several runs with `--json`, by database. @throws if a file is not such output */
export async function reportOfFiles(files: readonly string[]): Promise<string> {
  const parts = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as Figures));
  const kinds = [...new Set(parts.map(({ database }) => database))];
  return kinds
    .map((kind) => parts.filter(({ database }) => database === kind))
    .map((of) => `Seeds ${of.map(({ seed }) => seed).join(', ')}\n${reportOf(sumOf(of as [Figures, ...Figures[]]))}`)
    .join('\n\n');
}
