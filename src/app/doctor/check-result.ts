import { Deadline, within } from '../../adapters/shared/deadline.js';
import { startWaiting } from '../../adapters/shared/waiting-time.js';
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
  /** How long the step took that had this result, if it went over the network. */
  readonly tookMs?: number;
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
  words: complete(words),
  ...(fix !== undefined && { fix: complete(fix) }),
});

/** A message of another program may end before an empty list. */
const complete = (text: string): string => text.replace(/[\s:]+$/, '');

/** A user who waits this long for a request assumes a problem. */
const SLOW_MS = 3_000;
const SLOW_FIX = 'requests that need it take this long, too: check DNS, the line to it, and how busy it is';

/** Runs a step and adds its time to its results. What works but is slow is a warning. */
export async function timed(step: Check): Promise<readonly CheckResult[]> {
  const waited = startWaiting();
  const results = await step();
  const ms = waited();
  return results.map((result) => withTime(result, ms));
}

/** The same for a result whose time was measured elsewhere. */
export function withTime(result: CheckResult, ms: number): CheckResult {
  const tookMs = Math.round(ms);
  if (result.state !== 'ok' || tookMs < SLOW_MS) return { ...result, tookMs };
  const words = `${result.words}, but slowly: it took ${(tookMs / 1000).toFixed(1)} s`;
  return { ...area(result.area).warning(words, SLOW_FIX), tookMs };
}

/** The message of an error and of all its causes, without duplicates. */
export function messageWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // For a name with several addresses, Node gives only a code.
  if (error.message === '') return networkFailure(error)?.reason ?? error.name;
  const cause = error.cause === undefined ? '' : messageWithCauses(error.cause);
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

/** Runs a check with a time limit. Its errors become results. */
export async function withinLimit(limitMs: number, name: string, check: Check): Promise<readonly CheckResult[]> {
  try {
    return await within(new Deadline(limitMs), check);
  } catch (error) {
    return [area(name).failure(messageWithCauses(error))];
  }
}
