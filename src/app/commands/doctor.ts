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
  const failed = diagnoses.filter(({ state }) => state === 'failure').length;
  print(isJson ? printableJson({ isFine: failed === 0, diagnoses }) : doctorText(diagnoses, style));
  return failed === 0 ? 0 : 1;
}

const MARKS = { ok: '✓', warning: '!', failure: '✗', skipped: '-' } as const;

/** One line per check, its suggested fix below it, and a summary at the end. */
export function doctorText(diagnoses: readonly CheckResult[], style: TerminalStyle): string {
  const width = Math.max(...diagnoses.map(({ area }) => area.length));
  const lines = diagnoses.flatMap(({ area, state, words, fix }) => {
    const line = `${MARKS[state]} ${area.padEnd(width)}  ${oneLine(words)}`;
    const colour = { ok: style.good, warning: style.bold, failure: style.bad, skipped: style.dim }[state];
    return fix === undefined ? [colour(line)] : [colour(line), `  ${' '.repeat(width)}  → ${oneLine(fix)}`];
  });
  const count = (state: CheckResult['state']) => diagnoses.filter((one) => one.state === state).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const sum = `${failures} failed, ${warnings} with warnings, ${count('ok')} ok`;
  return [...lines, '', failures > 0 ? style.bad(sum) : style.good(sum)].join('\n');
}

const oneLine = (text: string): string => escapeUnprintable(text.replace(/\s+/g, ' ').trim());
