import type { CheckResult } from '../doctor/check-result.js';
import type { TerminalStyle } from './terminal-style.js';
import { escapeUnprintable, printableJson } from '../../domain/shared/printable.js';

/**
 * Prints the results of all checks and the suggested fixes, one line each.
 *
 * @returns the exit code: 1 if any check failed
 */
export function showDiagnoses(
  diagnoses: readonly CheckResult[],
  {
    isJson,
    style,
    print,
  }: { readonly isJson: boolean; readonly style: TerminalStyle; readonly print: (text: string) => void },
): number {
  const exitCode = exitCodeFor(diagnoses);
  print(isJson ? printableJson({ isFine: exitCode === 0, diagnoses }) : doctorText(diagnoses, style));
  return exitCode;
}

/** 1 if any check failed. */
export const exitCodeFor = (diagnoses: readonly CheckResult[]): 0 | 1 =>
  diagnoses.some(({ state }) => state === 'failure') ? 1 : 0;

const MARKS = { ok: '✓', warning: '!', failure: '✗', skipped: '-' } as const;

/** One line per check, its suggested fix below it, and a summary at the end. */
export function doctorText(diagnoses: readonly CheckResult[], style: TerminalStyle): string {
  const width = Math.max(...diagnoses.map(({ area }) => area.length));
  const lines = diagnoses.flatMap((result) => resultLines(result, width, style));
  const count = (state: CheckResult['state']) => diagnoses.filter((diagnosis) => diagnosis.state === state).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const sum = `${failures} failed, ${warnings} with warnings, ${count('ok')} ok`;
  return [...lines, '', failures > 0 ? style.bad(sum) : style.good(sum)].join('\n');
}

/** One line for a result, and one for its suggested fix. @param width the width of the areas */
export function resultLines({ area, state, words, fix }: CheckResult, width: number, style: TerminalStyle) {
  const line = `${MARKS[state]} ${area.padEnd(width)}  ${oneLine(words)}`;
  const colour = { ok: style.good, warning: style.bold, failure: style.bad, skipped: style.dim }[state];
  return fix === undefined ? [colour(line)] : [colour(line), `  ${' '.repeat(width)}  → ${oneLine(fix)}`];
}

const oneLine = (text: string): string => escapeUnprintable(text.replace(/\s+/g, ' ').trim());
