/** A promise about speed: a ratio within one run. */
export interface Line {
  /** The number of the promise, as in docs/topics/performance.md. */
  readonly number: string;
  readonly what: string;
  readonly value: number;
  readonly target: number;
  /** Whether `target` is the most it may be; otherwise it is the least. */
  readonly isMost?: boolean;
}

export const isReached = ({ value, target, isMost }: Line): boolean => (isMost ? value <= target : value >= target);

/** `reached  1  hashed lookup of 1, 16 clients : bare  1.02 (at least 0.85)` */
export const lineText = (line: Line): string =>
  [
    isReached(line) ? 'reached' : 'missed ',
    line.number.padEnd(2),
    line.what.padEnd(58),
    line.value.toFixed(2).padStart(6),
    `(${targetText(line)})`,
  ].join('  ');

export const targetText = ({ target, isMost }: Line): string => `at ${isMost ? 'most' : 'least'} ${target}`;
