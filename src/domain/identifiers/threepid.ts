import { foldCase, lowerCase } from './case-folding.js';
import { DomainError } from '../shared/errors.js';
import { isE164 } from './phone-number.js';

export type Medium = 'email' | 'msisdn';

/** A third-party identifier, always in canonical form: no further normalisation is needed. */
export interface Threepid {
  readonly medium: Medium;
  /** A folded email address, or E.164 digits without the plus. */
  readonly address: string;
  /**
   * The lower-cased email address, if folding changes it further (`strauß@` beside `strauss@`): clients that only
   * lower-case look up this form. Not part of the identity.
   */
  readonly alias?: string;
}

const MAX_EMAIL_BYTES = 320;
const LOCAL_PART = /^[^\s\p{C}@"(),:;<>[\\\]]+$/u;
const DOMAIN =
  /^(?=.{1,255}$)(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/** A mailbox as nearly all are: the patterns above allow it as well, and folding does no more than lower-casing it. */
const USUAL = /^[\w.+-]+@[A-Za-z\d]+(?:[.-][A-Za-z\d]+)*$/;
/** With more, a label of the domain could be too long. */
const MOST_USUAL = 64;

/**
 * Parses an email address into the form in which the specification compares it: one mailbox, no display name, case
 * folded. Spec: appendix "Third-party identifiers".
 *
 * @throws DomainError `invalid_email`
 */
export function email(text: string): Threepid {
  if (text.length < MOST_USUAL && USUAL.test(text)) return { medium: 'email', address: text.toLowerCase() };
  const at = text.indexOf('@');
  const isMailbox =
    text.isWellFormed() &&
    Buffer.byteLength(text) <= MAX_EMAIL_BYTES &&
    LOCAL_PART.test(text.slice(0, at < 0 ? 0 : at)) &&
    DOMAIN.test(text.slice(at + 1));
  if (!isMailbox) throw new DomainError('invalid_email');
  const address = foldCase(text);
  const alias = lowerCase(text);
  return { medium: 'email', address, ...(alias !== address && { alias }) };
}

/**
 * Parses a phone number in Matrix form: E.164 digits without the plus.
 *
 * @throws DomainError `invalid_address`; use `readPhoneNumber` for numbers as people write them
 */
export function msisdn(digits: string): Threepid {
  if (!isE164(digits)) throw new DomainError('invalid_address');
  return { medium: 'msisdn', address: digits };
}

/**
 * A threepid from its medium and address as in API requests.
 *
 * @throws DomainError `medium_unsupported`, `invalid_email` or `invalid_address`
 */
export function threepid(medium: string, address: string): Threepid {
  if (medium === 'email') return email(address);
  if (medium === 'msisdn') return msisdn(address);
  throw new DomainError('medium_unsupported');
}

/** The same, but `undefined` for an invalid threepid: in a lookup, such an entry has no match. */
export function tryThreepid(medium: string, address: string): Threepid | undefined {
  try {
    return threepid(medium, address);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

/** Equal threepids have equal keys. A lookup hash is made of this text and the pepper. */
export const keyOf = ({ medium, address }: Threepid): string => `${address} ${medium}`;

export const sameThreepid = (a: Threepid, b: Threepid): boolean => a.medium === b.medium && a.address === b.address;

/**
 * The form of an address that may be shown to others and logged: `ali...@exa...`, `...34`. Like in Sydent, three
 * characters of a long part and one of a short part are shown.
 */
export function redact({ medium, address }: Threepid): string {
  if (medium === 'msisdn') return `...${address.slice(-2)}`;
  const at = address.indexOf('@');
  return `${redactPart(address.slice(0, at))}@${redactPart(address.slice(at + 1))}`;
}

function redactPart(part: string): string {
  const characters = Array.from(part);
  const shown = characters.length > 5 ? 3 : characters.length > 1 ? 1 : 0;
  return `${characters.slice(0, shown).join('')}...`;
}
