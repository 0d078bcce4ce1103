import type { Model, Watched } from './model.js';
import type { DatabaseKind, World } from './world.js';

export interface Figures {
  readonly database: DatabaseKind;
  readonly seed: number;
  readonly cycles: number;
  readonly incidents: Readonly<Record<string, number>>;
  readonly counts: Model['counts'];
  readonly lost: readonly string[];
  readonly wrong: readonly string[];
  readonly duplicates: { readonly onbinds: number; readonly mails: number; readonly texts: number };
  /** Hashed lookups during faults, by service. */
  readonly lookups: Readonly<Record<string, Watched>>;
  /** Medians and maxima, in ms. */
  readonly times: Readonly<Record<'start' | 'shutdown' | 'bindOnOthers' | 'takeover', Spread>>;
}

export interface Spread {
  readonly count: number;
  readonly middle: number;
  readonly longest: number;
}

interface Course {
  readonly cycles: number;
  readonly happened: Readonly<Record<string, number>>;
  readonly onbinds: number;
}

export function figuresOf(
  { database, seed }: { readonly database: DatabaseKind; readonly seed: number },
  { fleet, messages }: World,
  model: Model,
  { cycles, happened, onbinds }: Course,
): Figures {
  return {
    database,
    seed,
    cycles,
    incidents: happened,
    counts: model.counts,
    lost: model.lost,
    wrong: model.wrong,
    duplicates: { onbinds, ...messages.duplicates() },
    lookups: model.watched,
    times: {
      start: spreadOf(fleet.startTimes),
      shutdown: spreadOf(fleet.stopTimes),
      bindOnOthers: spreadOf(model.siblingTimes),
      takeover: spreadOf(model.takeoverTimes),
    },
  };
}

function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b).map(Math.round);
  return { count: sorted.length, middle: sorted[Math.floor(sorted.length / 2)] ?? 0, longest: sorted.at(-1) ?? 0 };
}

interface Target {
  readonly what: string;
  readonly isReached: boolean;
  readonly measured: string;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const spread = ({ count, middle, longest }: Spread) =>
  `${seconds(middle)} in the middle, ${seconds(longest)} at most, ${count} times`;

/** The targets, and whether they were reached. */
export function targetsOf({ lost, wrong, times, lookups }: Figures): readonly Target[] {
  const { start, shutdown, bindOnOthers, takeover } = times;
  const watched = Object.values(lookups);
  const sum = (of: (entry: Watched) => number) => watched.reduce((total, entry) => total + of(entry), 0);
  return [
    { what: 'nothing that was answered is lost', isReached: lost.length === 0, measured: `${lost.length}` },
    { what: 'nobody gets what is not theirs', isReached: wrong.length === 0, measured: `${wrong.length}` },
    { what: 'a start answers within 10 s', isReached: start.longest < 10_000, measured: spread(start) },
    { what: 'an end takes less than 25 s', isReached: shutdown.longest < 25_000, measured: spread(shutdown) },
    {
      what: 'lookups by hash are answered while a service is broken',
      isReached: sum((entry) => entry.asked - entry.answered) === 0,
      measured: `${sum((entry) => entry.answered)} of ${sum((entry) => entry.asked)}, ${Math.max(0, ...watched.map((entry) => entry.slowestMs))} ms at most`,
    },
    ...(bindOnOthers.count > 0
      ? [
          {
            what: 'a bind is found by hash on the other instances within 1 s',
            isReached: bindOnOthers.longest < 1_000,
            measured: spread(bindOnOthers),
          },
        ]
      : []),
    ...(takeover.count > 0
      ? [
          {
            what: 'others do the jobs of a dead instance within 20 s',
            isReached: takeover.longest < 20_000,
            measured: spread(takeover),
          },
        ]
      : []),
  ];
}

/** The figures as text. */
export function reportOf(figures: Figures): string {
  const { database, seed, cycles, counts, incidents, duplicates, lookups, lost, wrong } = figures;
  const lines = (of: readonly string[]) => of.map((line) => `  ${line}`);
  return [
    `${database}, seed ${seed}: ${cycles} cycles, ${counts.answered} of ${counts.requests} requests answered with 200`,
    `sign-ins ${counts.signIns}, validations ${counts.validations} (${counts.phones} phones), binds ${counts.binds}, unbinds ${counts.unbinds}, sign-outs ${counts.logouts}, invitations ${counts.invites}`,
    `came twice: ${duplicates.mails} mails, ${duplicates.texts} text messages, ${duplicates.onbinds} onbinds`,
    'What happened:',
    ...lines(
      Object.entries(incidents)
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([name, count]) => `${count} × ${name}`),
    ),
    'Lookups by hash while a service was broken:',
    ...lines(
      Object.entries(lookups).map(
        ([name, entry]) =>
          `${name}: ${entry.answered} of ${entry.asked} answered, the slowest after ${entry.slowestMs} ms`,
      ),
    ),
    ...(lost.length > 0 ? ['Lost:', ...lines(lost)] : []),
    ...(wrong.length > 0 ? ['Wrong:', ...lines(wrong)] : []),
    'Targets:',
    ...lines(
      targetsOf(figures).map(
        ({ what, isReached, measured }) => `${isReached ? 'reached' : 'NOT REACHED'}: ${what} (${measured})`,
      ),
    ),
  ].join('\n');
}
