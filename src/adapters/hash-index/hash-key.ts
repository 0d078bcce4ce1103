const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NO_DIGIT = 64;

const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
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
  key.fill(0);
  let seen = 0; // all digits and character codes so far, combined for a single check at the end
  let word = 0;
  let bits = 0;
  let words = 0;
  for (let i = 0; i < 43; i++) {
    const code = hash.charCodeAt(i);
    const digit = DIGITS[code & 127]!;
    seen |= digit | (code & ~127);
    bits += 6;
    if (bits < 32) {
      word = (word << 6) | digit;
    } else {
      bits -= 32;
      key[words++ & 3]! ^= (word << (6 - bits)) | (digit >>> bits);
      word = digit & ((1 << bits) - 1);
    }
  }
  // 43 digits are 258 bits; the last two bits must be zero.
  return seen < NO_DIGIT && word === 0;
}
