import { z } from 'zod';
import { DomainError } from '../../../domain/shared/errors.js';
import { parseMxid } from '../../../domain/identifiers/mxid.js';
import { isOpaqueId } from '../../../domain/validation/validation-session.js';

const OPAQUE = 'must be 1 to 255 characters of 0-9 a-z A-Z . = _ -';

/** Spec: appendix "Opaque identifiers". */
export const opaqueId = z.string().refine(isOpaqueId, OPAQUE);

/** Text of a limited length. */
export const shortText = z.string().min(1, 'must not be empty').max(1024, 'is too long');

/**
 * Checked by hand: a schema for ten thousand strings costs more than the lookup, and would report an issue for each
 * of half a million.
 */
export const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((element) => typeof element === 'string');

const ATTEMPT = 'must be a whole number from 0 up to 2147483647';

/** matrix-js-sdk sends it as a string. */
export const sendAttempt = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\d{1,10}$/)
        .transform(Number),
    ],
    ATTEMPT,
  )
  .refine((attempt) => Number.isInteger(attempt) && attempt >= 0 && attempt < 2 ** 31, ATTEMPT);

/** A page to continue to. Links that must not be opened in a browser (desktop apps send `file:`) are ignored. */
export const nextLink = z
  .string()
  .max(4096, 'is too long')
  .nullish()
  .transform((text) => (text && isWebPage(text) ? text : undefined));

function isWebPage(text: string): boolean {
  // The URL parser would drop line breaks, so they would reach the header.
  return /^https?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text);
}

/** The length that fits into a mail. Homeservers allow names as long as an event, 64 kB. */
const LONGEST_NAME = 255;
const LONGEST_REFERENCE = 2048;

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * A name that homeservers copy from room state or user profiles. It may be any JSON, and only strings are used.
 * Longer names are truncated, because the sender cannot change them.
 */
export const roomName = z
  .unknown()
  .optional()
  .transform((value) => {
    const text = textIn(value);
    if (text === undefined || text.length <= LONGEST_NAME) return text;
    // Half of a surrogate pair is not a character.
    return `${text.slice(0, LONGEST_NAME - 1).replace(/[\ud800-\udbff]$/, '')}…`;
  });

/** The same for references, where a truncated value would be useless. */
export const roomReference = z
  .unknown()
  .optional()
  .transform((value) => {
    const text = textIn(value);
    return text !== undefined && text.length <= LONGEST_REFERENCE ? text : undefined;
  });

export const mxid = z.string().transform((text) => {
  const parsed = parseMxid(text);
  if (!parsed) throw new DomainError('invalid_mxid');
  return parsed;
});
