import type { Limit } from '../../../ports/rate-limits.js';
import { asText, valueType, InvalidValueError, wholeNumber } from './value-type.js';
import { didYouMean, nearest } from '../errors/suggest.js';

const text = valueType({ type: 'string', minLength: 1 }, asText);

/** Secret text. It is never shown, not even if it is invalid. */
const secret = valueType({ type: 'string', minLength: 1 }, asText);

/** Accepts only `true` and `false`: `yes` or `0` would be ambiguous. */
const flag = valueType({ type: 'boolean' }, (value) => {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'true') return true;
  if (word === false || word === 'false') return false;
  throw new InvalidValueError('must be true or false');
});

const count = (least: number, most: number) =>
  valueType({ type: 'integer', minimum: least, maximum: most }, (value) => wholeNumber(value, least, most));

const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = '(\\d{1,9})(ms|s|m|h|d)';

function ms(amount: string | undefined, unit: string | undefined): number {
  return Number(amount) * MS[unit as keyof typeof MS];
}

/** A duration, in ms. */
const duration = (longest: string) =>
  valueType({ type: 'string', pattern: `^${DURATION}$` }, (value) => {
    const written = readDuration(value);
    if (written <= 0 || written > readDuration(longest))
      throw new InvalidValueError(`must be longer than 0s and at most ${longest}`);
    return written;
  });

/** A duration in ms; `undefined` for ever. */
const retention = (shortest: string, longest: string) =>
  valueType(
    { anyOf: [{ const: false }, { type: 'string', pattern: `^${DURATION}$` }] },
    (value): number | undefined => {
      if (isOff(value)) return undefined;
      const written = readDuration(value);
      if (written >= readDuration(shortest) && written <= readDuration(longest)) return written;
      throw new InvalidValueError(`must be from ${shortest} to ${longest}`, 'write false to keep it for ever');
    },
  );

function readDuration(value: unknown): number {
  const match = typeof value === 'string' && new RegExp(`^${DURATION}$`).exec(value);
  if (!match) throw new InvalidValueError('must be a duration with a unit: 500ms, 3s, 5m, 1h or 7d');
  return ms(match[1], match[2]);
}

/** `5/1h`; `undefined` for no limit. */
const rate = valueType(
  { anyOf: [{ const: false }, { type: 'string', pattern: `^\\d{1,9}/${DURATION}$` }] },
  (value): Limit | undefined => {
    if (isOff(value)) return undefined;
    const match = typeof value === 'string' && new RegExp(`^(\\d{1,9})/${DURATION}$`).exec(value);
    if (!match) throw new InvalidValueError('must be a number and a period, such as 5/1h, or false for no limit');
    const limit = { amount: Number(match[1]), windowMs: ms(match[2], match[3]) };
    if (limit.amount > 0 && limit.windowMs > 0) return limit;
    throw new InvalidValueError('must allow at least 1 in a period longer than 0s', 'write false for no limit');
  },
);

/** A maximum number; `undefined` for no limit. */
const cap = valueType({ anyOf: [{ const: false }, { type: 'integer', minimum: 1 }] }, (value) =>
  isOff(value) ? undefined : wholeNumber(value, 1, 1_000_000),
);

const isOff = (value: unknown): boolean => value === false || value === 'false';

/** `20%` is 0.2. */
const share = valueType({ type: 'string', pattern: '^\\d{1,3}%$' }, (value) => {
  const match = typeof value === 'string' && /^(\d{1,3})%$/.exec(value);
  if (match && Number(match[1]) <= 100) return Number(match[1]) / 100;
  throw new InvalidValueError('must be a percentage from 0% to 100%');
});

/** One of these words. */
const word = <W extends string>(...words: readonly W[]) =>
  valueType({ enum: [...words] }, (value): W => {
    const found = words.find((known) => known === value);
    if (found !== undefined) return found;
    const suggestion = typeof value === 'string' ? didYouMean(nearest(value, words)) : undefined;
    throw new InvalidValueError(`must be one of ${words.join(', ')}`, suggestion);
  });

/** Value types of single values. */
export const scalars = { text, secret, flag, count, duration, retention, rate, cap, share, word };
