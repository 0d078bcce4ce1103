import { elementAt, expectAt, INTEGER, OCTET_STRING, SEQUENCE } from './ber.js';
import { nextCookie } from './paged-results.js';

/** A response that is not an entry. RFC 4511, 4.1.1 and 4.1.9. */
export interface Response {
  /** 0 for an unsolicited notification: the server is about to close the connection. RFC 4511, 4.4.1. */
  readonly id: number;
  readonly tag: number;
  /** The result code; `undefined` if the message is not a result. */
  readonly code: number | undefined;
  /** The diagnostic message of the server. */
  readonly words: string;
  /** Cookie for the next page. */
  readonly cookie?: Buffer | undefined;
}

export const BIND_RESPONSE = 0x61;
export const SEARCH_RESULT_DONE = 0x65;
export const SEARCH_RESULT_REFERENCE = 0x73;
export const EXTENDED_RESPONSE = 0x78;
export const INTERMEDIATE_RESPONSE = 0x79;

const ENUMERATED = 0x0a;
const RESULTS = [BIND_RESPONSE, SEARCH_RESULT_DONE, EXTENDED_RESPONSE];

/** @throws Error if the data is not an LDAP message */
export function responseOf(message: Buffer): Response {
  const { start, end } = expectAt(message, 0, SEQUENCE);
  const idAt = expectAt(message, start, INTEGER, end);
  const id = numberIn(message, idAt);
  const operation = elementAt(message, idAt.end);
  if (!operation || operation.end > end) throw new Error('bytes that are not an LDAP message');
  if (!RESULTS.includes(operation.tag)) return { id, tag: operation.tag, code: undefined, words: '' };
  const code = expectAt(message, operation.start, ENUMERATED, operation.end);
  const matched = expectAt(message, code.end, OCTET_STRING, operation.end);
  const words = expectAt(message, matched.end, OCTET_STRING, operation.end);
  const result = { id, tag: operation.tag, code: numberIn(message, code) };
  const isPage = operation.tag === SEARCH_RESULT_DONE && result.code === 0;
  return {
    ...result,
    words: message.toString('utf8', words.start, words.end),
    cookie: isPage ? nextCookie(message, operation.end, end) : undefined,
  };
}

function numberIn(bytes: Buffer, { start, end }: { readonly start: number; readonly end: number }): number {
  if (end - start < 1 || end - start > 4) throw new Error('bytes that are not an LDAP message');
  return bytes.readIntBE(start, end - start);
}
