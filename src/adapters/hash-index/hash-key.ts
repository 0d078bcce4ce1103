const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NO_DIGIT = 64;

const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
for (let digit = 0; digit < ALPHABET.length; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit;

export const KEY_WORDS = 4;
const HASH_LENGTH = 43;
const ONLY_DIGITS = /^[\w-]*$/;
/** With a digit for zero behind it, a hash is 11 groups of four digits, each three bytes. */
const HASH_BYTES = 33;

/**
 * Decodes the unpadded URL-safe base64 of 32 bytes and combines the two halves into one: every character affects the
 * result, and nothing is allocated.
 *
 * @returns whether the text is valid; `key` is only defined then
 */
export function readKey(hash: string, key: Uint32Array): boolean {
  if (hash.length !== HASH_LENGTH) return false;
  key.fill(0);
  let seen = 0; // all digits and character codes so far, combined for a single check at the end
  let word = 0;
  let bits = 0;
  let words = 0;
  for (let i = 0; i < HASH_LENGTH; i++) {
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

/**
 * The same for many hashes at once, several times faster: the keys one after another.
 *
 * @returns `undefined` if one of the texts is not a lookup hash
 */
export function readKeys(hashes: readonly string[]): Uint32Array | undefined {
  for (const hash of hashes) if (hash.length !== HASH_LENGTH) return undefined;
  const text = `${hashes.join('A')}A`;
  // The decoder leaves out what is no digit, takes the digits of the other base64 alphabet, and of characters beyond
  // Latin-1 the low byte.
  if (!ONLY_DIGITS.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const keys = new Uint32Array(hashes.length * KEY_WORDS);
  for (let at = 0, key = 0; at < bytes.length; at += HASH_BYTES, key += KEY_WORDS) {
    if (bytes[at + HASH_BYTES - 1] !== 0) return undefined;
    for (let word = 0; word < KEY_WORDS; word++)
      keys[key + word] = view.getUint32(at + 4 * word) ^ view.getUint32(at + 4 * (word + KEY_WORDS));
  }
  return keys;
}
