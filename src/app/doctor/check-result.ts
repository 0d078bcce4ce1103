import { Deadline, within } from '../../adapters/shared/deadline.js';
import { networkFailure } from '../../adapters/shared/network-errors.js';

/** What came of one thing that was tried. */
export interface CheckResult {
  /** What it belongs to: `directory staff`, `mail`. */
  readonly area: string;
  readonly state: 'ok' | 'warning' | 'failure' | 'skipped';
  /** What was tried and what came of it, in one line without a secret. */
  readonly words: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Everything that is tried of one area. */
export type Check = () => Promise<readonly CheckResult[]>;

/** The diagnoses of one area, with its name in each. */
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

/** The message of an error and of everything that caused it, each once. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of a name with several addresses Node says nothing but a code.
  if (error.message === '') return networkFailure(error)?.reason ?? error.name;
  const cause = error.cause === undefined ? '' : messageOf(error.cause);
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

/** A trial that is given up after a while and whose faults are what it found. */
export async function withinLimit(limitMs: number, name: string, trial: Check): Promise<readonly CheckResult[]> {
  try {
    return await within(new Deadline(limitMs), trial);
  } catch (error) {
    return [area(name).failure(messageOf(error))];
  }
}
