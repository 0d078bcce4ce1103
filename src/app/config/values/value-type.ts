import { z } from 'zod';
import type { JsonObject } from '../../../domain/signing/canonical-json.js';

/**
 * The value is not valid for its option. The message completes the sentence "this option …" and never contains the
 * value.
 */
export class InvalidValueError extends Error {
  constructor(
    reason: string,
    readonly suggestion?: string,
  ) {
    super(reason);
  }
}

/**
 * A value type, such as a duration: its JSON schema for editors, and its parser for values from the file or the
 * environment.
 *
 * @param read throws `InvalidValueError`
 */
export const valueType = <T>(json: JsonObject, read: (value: unknown) => T) =>
  z
    .unknown()
    .transform((value, context): T => {
      try {
        if (value === undefined) throw new InvalidValueError('is required');
        return read(value);
      } catch (error) {
        if (!(error instanceof InvalidValueError)) throw error;
        context.issues.push({
          code: 'custom',
          message: error.message,
          params: { suggestion: error.suggestion },
          input: undefined,
        });
        return z.NEVER;
      }
    })
    .meta(json);

/** Text as written in the file. YAML parses `0123`, `1e3` and `true` as other types. */
export function asText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') {
    throw new InvalidValueError(`must be text, but YAML reads this as a ${typeof value}`, 'write it in quotes');
  }
  if (typeof value !== 'string') throw new InvalidValueError('must be text');
  if (value === '') throw new InvalidValueError('is empty', 'leave it out instead');
  return value;
}

/** A list, or its only element, or a comma-separated list in the environment. */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string') return [value];
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function wholeNumber(value: unknown, least: number, most: number): number {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
  throw new InvalidValueError(`must be a whole number from ${least} to ${most}`);
}
