/*
 * The part of BER that is needed to read search results. X.690, 8.1; with the restrictions of RFC 4511, 5.1: lengths
 * are definite, tags are one byte.
 */

export const INTEGER = 0x02;
export const OCTET_STRING = 0x04;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** A tag, with the start and end of its content. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** @returns `undefined` if the bytes end before the end of the content, or before its length is known */
export function elementAt(bytes: Buffer, at: number): Element | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, start: at + 2, end: at + 2 + first };
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new Error('a length that is not valid in LDAP');
  if (at + 2 + size > bytes.length) return undefined;
  const start = at + 2 + size;
  return { tag, start, end: start + bytes.readUIntBE(at + 2, size) };
}

/** The complete element with this tag at this position. @throws Error if there is none */
export function expectAt(bytes: Buffer, at: number, tag: number, end = bytes.length): Element {
  const element = elementAt(bytes, at);
  if (element?.tag !== tag || element.end > end) throw new Error('bytes that are not an LDAP message');
  return element;
}
