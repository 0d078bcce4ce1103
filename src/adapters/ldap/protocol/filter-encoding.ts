import type { Filter } from 'ldapjs';
import { isAscii } from '../../../domain/identifiers/ascii.js';
import { OCTET_STRING } from './ber.js';
import { encodedByLibrary, EncodedFilter } from './ldapjs-patches.js';

/*
 * Filters as they are sent. A lookup has one for each address and for each name: the library makes several objects and
 * a kilobyte of memory for each, and copies it once per level.
 */

/** BER as latin1, one character per byte: strings are joined faster than buffers. RFC 4511, 4.5.1.7. */
export type EncodedText = string;

const [AND, OR, EQUALITY] = [0xa0, 0xa1, 0xa3];

/** The attribute has this value, according to its matching rule. */
export const encodedEquality = (attribute: string, value: string): EncodedText =>
  element(EQUALITY, element(OCTET_STRING, utf8(attribute)) + element(OCTET_STRING, utf8(value)));

/** Any of these filters; one alone is itself. */
export function encodedAny(filters: readonly EncodedText[]): EncodedText {
  const [only] = filters;
  return only !== undefined && filters.length === 1 ? only : element(OR, filters.join(''));
}

export const encodedAll = (filters: readonly EncodedText[]): EncodedText => element(AND, filters.join(''));

export const encodedText = (filter: Filter): EncodedText => encodedByLibrary(filter).toString('latin1');

/** To be sent, or to be a part of another filter. */
export const filterOf = (text: EncodedText): Filter => new EncodedFilter(Buffer.from(text, 'latin1'));

const utf8 = (text: string): string => (isAscii(text) ? text : Buffer.from(text).toString('latin1'));

/** X.690, 8.1.3. */
function element(tag: number, content: string): string {
  const { length } = content;
  if (length < 0x80) return String.fromCharCode(tag, length) + content;
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return String.fromCharCode(tag, 0x80 | bytes.length, ...bytes) + content;
}
