import { Deadline, within } from '../../adapters/shared/deadline.js';
import { networkFailure } from '../../adapters/shared/network-errors.js';

/** The result of one check. */
export interface CheckResult {
  /** What it belongs to: `directory staff`, `mail`. */
  readonly area: string;
  readonly state: 'ok' | 'warning' | 'failure' | 'skipped';
  /** What was checked and the result, in one line without secrets. */
  readonly words: string;
  /** How to fix the problem. */
  readonly fix?: string;
}

/** All checks of one area. */
export type Check = () => Promise<readonly CheckResult[]>;

/** Creates results for one area. */
export const area = (name: string) => ({
  ok: (words: string): CheckResult => ({ area: name, state: 'ok', words }),
  skipped: (words: string): CheckResult => ({ area: name, state: 'skipped', words }),
  warning: (words: string, fix?: string): CheckResult => diagnosis(name, 'warning', words, fix),
  failure: (words: string, fix?: string): CheckResult => diagnosis(name, 'failure', words, fix),
});

const diagnosis = (name: string, state: 'warning' | 'failure', words: string, fix?: string): CheckResult => ({
  area: name,
  state,
  words,
  ...(fix !== undefined && { fix }),
});

/** The message of an error and of all its causes, without duplicates. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // For a name with several addresses, Node gives only a code.
  if (error.message === '') return networkFailure(error)?.reason ?? error.name;
  const cause = error.cause === undefined ? '' : messageOf(error.cause);
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

/** Runs a check with a time limit. Its errors become results. */
export async function withinLimit(limitMs: number, name: string, check: Check): Promise<readonly CheckResult[]> {
  try {
    return await within(new Deadline(limitMs), check);
  } catch (error) {
    return [area(name).failure(messageOf(error))];
  }
}
