import { elementAt, expectAt, INTEGER, OCTET_STRING, SEQUENCE } from './ber.js';

/** RFC 2696, 2. */
const PAGED_RESULTS = '1.2.840.113556.1.4.319';

const CONTROLS = 0xa0;
const BOOLEAN = 0x01;

/**
 * The paging cookie for the next page. `undefined` after the last page, and for a server that does not support paging
 * and has sent everything.
 *
 * @param at where the controls of a message would begin, and `end` where it ends. RFC 4511, 4.1.11
 * @throws Error for unreadable controls: it is then unknown whether there are more pages
 */
export function nextCookie(message: Buffer, at: number, end: number): Buffer | undefined {
  if (at === end) return undefined;
  const controls = expectAt(message, at, CONTROLS, end);
  for (let from = controls.start; from < controls.end; ) {
    const control = expectAt(message, from, SEQUENCE, controls.end);
    const type = expectAt(message, control.start, OCTET_STRING, control.end);
    if (message.toString('latin1', type.start, type.end) === PAGED_RESULTS) {
      return cookieIn(message, type.end, control.end);
    }
    from = control.end;
  }
  return undefined;
}

function cookieIn(message: Buffer, at: number, end: number): Buffer | undefined {
  try {
    const criticality = elementAt(message, at);
    const value = expectAt(message, criticality?.tag === BOOLEAN ? criticality.end : at, OCTET_STRING, end);
    const pair = expectAt(message, value.start, SEQUENCE, value.end);
    const size = expectAt(message, pair.start, INTEGER, pair.end);
    const cookie = expectAt(message, size.end, OCTET_STRING, pair.end);
    return cookie.start === cookie.end ? undefined : Buffer.from(message.subarray(cookie.start, cookie.end));
  } catch (cause) {
    throw new Error('the paging control of the answer cannot be read', { cause });
  }
}
