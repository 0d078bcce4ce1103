const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NO_DIGIT = 64;

/** By UTF-16 code unit, so that no text needs a check before. */
const DIGITS = new Uint8Array(2 ** 16).fill(NO_DIGIT);
for (let digit = 0; digit < ALPHABET.length; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

export const KEY_WORDS = 4;

/**
 * Decodes the unpadded URL-safe base64 of 32 bytes and combines the two halves into one: every character affects the
 * result, and nothing is allocated.
 *
 * @returns whether the text is valid; `key` is only defined then
 */
export function readKey(hash: string, key: Uint32Array): boolean {
  if (hash.length !== 43) return false;
  // 16 digits are three words. Written out: a loop over the digits takes three times as long.
  let seen = 0;
  for (let part = 0; part < 2; part++) {
    const at = part * 16;
    const a = DIGITS[hash.charCodeAt(at)]!;
    const b = DIGITS[hash.charCodeAt(at + 1)]!;
    const c = DIGITS[hash.charCodeAt(at + 2)]!;
    const d = DIGITS[hash.charCodeAt(at + 3)]!;
    const e = DIGITS[hash.charCodeAt(at + 4)]!;
    const f = DIGITS[hash.charCodeAt(at + 5)]!;
    const g = DIGITS[hash.charCodeAt(at + 6)]!;
    const h = DIGITS[hash.charCodeAt(at + 7)]!;
    const i = DIGITS[hash.charCodeAt(at + 8)]!;
    const j = DIGITS[hash.charCodeAt(at + 9)]!;
    const k = DIGITS[hash.charCodeAt(at + 10)]!;
    const l = DIGITS[hash.charCodeAt(at + 11)]!;
    const m = DIGITS[hash.charCodeAt(at + 12)]!;
    const n = DIGITS[hash.charCodeAt(at + 13)]!;
    const o = DIGITS[hash.charCodeAt(at + 14)]!;
    const p = DIGITS[hash.charCodeAt(at + 15)]!;
    seen |= a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p;
    const first = (a << 26) | (b << 20) | (c << 14) | (d << 8) | (e << 2) | (f >>> 4);
    const second = (f << 28) | (g << 22) | (h << 16) | (i << 10) | (j << 4) | (k >>> 2);
    const third = (k << 30) | (l << 24) | (m << 18) | (n << 12) | (o << 6) | p;
    if (part === 0) {
      key[0] = first;
      key[1] = second;
      key[2] = third;
    } else {
      key[3] = first;
      key[0]! ^= second;
      key[1]! ^= third;
    }
  }
  return readEnd(hash, key, seen);
}

/** The last two words: eleven digits, of which the last one has four bits. */
function readEnd(hash: string, key: Uint32Array, seenBefore: number): boolean {
  const a = DIGITS[hash.charCodeAt(32)]!;
  const b = DIGITS[hash.charCodeAt(33)]!;
  const c = DIGITS[hash.charCodeAt(34)]!;
  const d = DIGITS[hash.charCodeAt(35)]!;
  const e = DIGITS[hash.charCodeAt(36)]!;
  const f = DIGITS[hash.charCodeAt(37)]!;
  const g = DIGITS[hash.charCodeAt(38)]!;
  const h = DIGITS[hash.charCodeAt(39)]!;
  const i = DIGITS[hash.charCodeAt(40)]!;
  const j = DIGITS[hash.charCodeAt(41)]!;
  const k = DIGITS[hash.charCodeAt(42)]!;
  const seen = seenBefore | a | b | c | d | e | f | g | h | i | j | k;
  key[2]! ^= (a << 26) | (b << 20) | (c << 14) | (d << 8) | (e << 2) | (f >>> 4);
  key[3]! ^= (f << 28) | (g << 22) | (h << 16) | (i << 10) | (j << 4) | (k >>> 2);
  return seen < NO_DIGIT && (k & 3) === 0;
}
