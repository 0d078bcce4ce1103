import { foldCase, lowerCase } from './case-folding.js';
import { DomainError } from '../shared/errors.js';
import { isE164 } from './phone-number.js';

export type Medium = 'email' | 'msisdn';

/** A third-party identifier, always canonical: whoever has one never needs to normalise it. */
export interface Threepid {
  readonly medium: Medium;
  /** A folded email address, or E.164 digits without the plus. */
  readonly address: string;
  /**
   * The email address lower-cased, where folding changes more than that (`strauß@` beside
   * `strauss@`): clients that only lower-case ask for this one. Not part of the identity.
   */
  readonly alias?: string;
}

const MAX_EMAIL_BYTES = 320;
const LOCAL_PART = /^[^\s\p{C}@"(),:;<>[\\\]]+$/u;
const DOMAIN =
  /^(?=.{1,255}$)(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;

/**
 * The email address as the specification wants it compared: one mailbox, no display name, case
 * folded. Spec: appendix "Third-party identifiers".
 *
 * @throws DomainError `invalid_email`
 */
export function email(text: string): Threepid {
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
 * A phone number as Matrix writes it: E.164 digits without the plus.
 *
 * @throws DomainError `invalid_address`; numbers as people write them are for `phoneNumber`
 */
export function msisdn(digits: string): Threepid {
  if (!isE164(digits)) throw new DomainError('invalid_address');
  return { medium: 'msisdn', address: digits };
}

/**
 * A threepid from its two parts as they stand on the wire.
 *
 * @throws DomainError `medium_unsupported`, `invalid_email` or `invalid_address`
 */
export function threepid(medium: string, address: string): Threepid {
  if (medium === 'email') return email(address);
  if (medium === 'msisdn') return msisdn(address);
  throw new DomainError('medium_unsupported');
}

/** The same, but `undefined` for what is no threepid: in a lookup such an entry just does not match. */
export function tryThreepid(medium: string, address: string): Threepid | undefined {
  try {
    return threepid(medium, address);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

/** Equal threepids have equal keys, and this is also what a lookup hashes before its pepper. */
export const keyOf = ({ medium, address }: Threepid): string => `${address} ${medium}`;

export const sameThreepid = (a: Threepid, b: Threepid): boolean => a.medium === b.medium && a.address === b.address;

/**
 * What may be shown of an address to strangers and in logs: `ali...@exa...`, `...34`.
 * Sydent's figures: three characters of a long part, one of a short one.
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
