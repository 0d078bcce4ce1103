import { printableJson } from '../../domain/shared/printable.js';
import type { CheckResult } from '../doctor/check-result.js';
import { doctorText, exitCodeFor, resultLines } from './doctor.js';
import type { TerminalStyle } from './terminal-style.js';

export interface WatchOptions {
  readonly check: () => Promise<readonly CheckResult[]>;
  /** Resolves when the next run is due: `false` to end. */
  readonly pause: () => Promise<boolean>;
  readonly now: () => Date;
  readonly isJson: boolean;
  readonly style: TerminalStyle;
  readonly print: (text: string) => void;
}

/**
 * Repeats all checks, and after the first run prints only what is new: problems that appear, and those that are gone.
 *
 * @returns the exit code of the last run
 */
export async function watchDoctor({ check, pause, now, isJson, style, print }: WatchOptions): Promise<number> {
  let results = await check();
  const json = () => print(printableJson({ at: now().getTime(), diagnoses: results }, 0));
  if (isJson) json();
  else print(`${doctorText(results, style)}\n\nWatching; Ctrl-C ends.`);
  while (await pause()) {
    const before = results;
    results = await check();
    if (isJson) json();
    else for (const line of changes(before, results, style)) print(`${style.dim(timeOf(now()))}  ${line}`);
  }
  return exitCodeFor(results);
}

/** The problems that are new, with their fixes, and those that are gone. */
function changes(
  before: readonly CheckResult[],
  after: readonly CheckResult[],
  style: TerminalStyle,
): readonly string[] {
  const [known, found] = [problemsIn(before), problemsIn(after)];
  const isNew = (result: CheckResult) => !known.has(keyOf(result));
  const appeared = [...found.values()].filter(isNew);
  const gone = [...known].filter(([key]) => !found.has(key)).map(([, result]) => result);
  return [
    ...gone.flatMap(({ area, words }) =>
      resultLines({ area, state: 'ok', words: `no longer: ${words}` }, area.length, style),
    ),
    ...appeared.flatMap((result) => resultLines(result, result.area.length, style)),
  ];
}

/** Failed checks and warnings, and what could not be checked, for example because the server is not running. */
const problemsIn = (results: readonly CheckResult[]): ReadonlyMap<string, CheckResult> =>
  new Map(results.filter(({ state }) => state !== 'ok').map((result) => [keyOf(result), result]));

/** Numbers change from run to run: counts, ages, times. */
const keyOf = ({ area, state, words }: CheckResult): string => `${area} ${state} ${words.replace(/\d[\d.,:]*/g, '#')}`;

const timeOf = (date: Date): string => date.toTimeString().slice(0, 8);
