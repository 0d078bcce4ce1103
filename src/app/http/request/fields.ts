import { z } from 'zod';
import { DomainError } from '../../../domain/shared/errors.js';
import { parseMxid } from '../../../domain/identifiers/mxid.js';
import { isOpaqueId } from '../../../domain/validation/validation-session.js';

const OPAQUE = 'must be 1 to 255 characters of 0-9 a-z A-Z . = _ -';

/** Spec: appendix "Opaque identifiers". */
export const opaqueId = z.string().refine(isOpaqueId, OPAQUE);

/** Any text that is short enough to be looked at. */
export const shortText = z.string().min(1, 'must not be empty').max(1024, 'is too long');

/**
 * By hand: a schema that looks at ten thousand texts costs more than looking them up, and says of each
 * of half a million what is wrong with it.
 */
export const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

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

/**
 * A page to go on to. Links that no browser should be sent to (apps on a desktop give `file:`) are
 * as good as none.
 */
export const nextLink = z
  .string()
  .max(4096, 'is too long')
  .nullish()
  .transform((text) => (text && isWebPage(text) ? text : undefined));

function isWebPage(text: string): boolean {
  // Line breaks would be dropped on parsing and so come back in the header.
  return /^https?:\/\/[\x21-\x7e]+$/i.test(text) && URL.canParse(text);
}

/** What a mail has room for. Homeservers let names be as long as an event, 64 kB. */
const LONGEST_NAME = 255;
const LONGEST_REFERENCE = 2048;

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * A name that homeservers copy from the state of rooms and the profiles of users: any JSON may stand
 * here, and only text means anything. A longer one is cut: nobody can do anything about it.
 */
export const roomName = z
  .unknown()
  .optional()
  .transform((value) => {
    const text = textIn(value);
    if (text === undefined || text.length <= LONGEST_NAME) return text;
    // Half a pair of surrogates is no character.
    return `${text.slice(0, LONGEST_NAME - 1).replace(/[\ud800-\udbff]$/, '')}…`;
  });

/** The same for what points to something, of which a part would be of no use. */
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
