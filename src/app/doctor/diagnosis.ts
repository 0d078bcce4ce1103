/** What came of one thing that was tried. */
export interface Diagnosis {
  /** What it belongs to: `directory staff`, `mail`. */
  readonly area: string;
  readonly state: 'ok' | 'warning' | 'failure' | 'skipped';
  /** What was tried and what came of it, in one line without a secret. */
  readonly words: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Everything that is tried of one area. */
export type Trial = () => Promise<readonly Diagnosis[]>;

/** The diagnoses of one area, with its name in each. */
export const area = (name: string) => ({
  ok: (words: string): Diagnosis => ({ area: name, state: 'ok', words }),
  skipped: (words: string): Diagnosis => ({ area: name, state: 'skipped', words }),
  warning: (words: string, fix?: string): Diagnosis => diagnosis(name, 'warning', words, fix),
  failure: (words: string, fix?: string): Diagnosis => diagnosis(name, 'failure', words, fix),
});

const diagnosis = (name: string, state: 'warning' | 'failure', words: string, fix?: string): Diagnosis => ({
  area: name,
  state,
  words,
  ...(fix !== undefined && { fix }),
});

/** The message of an error and of everything that caused it, each once. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : wordsOf(error.cause);
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

/** A trial that is given up after a while and whose faults are what it found. */
export async function within(limitMs: number, name: string, trial: Trial): Promise<readonly Diagnosis[]> {
  let timer: NodeJS.Timeout | undefined;
  const giveUp = new Promise<readonly Diagnosis[]>((resolve) => {
    timer = setTimeout(resolve, limitMs, [area(name).failure(`gave no result within ${limitMs / 1000} s`)]);
  });
  try {
    return await Promise.race([trial(), giveUp]);
  } catch (error) {
    return [area(name).failure(wordsOf(error))];
  } finally {
    clearTimeout(timer);
  }
}
