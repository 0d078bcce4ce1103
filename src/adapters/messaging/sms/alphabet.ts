/** The GSM default alphabet in code order. Spec: 3GPP TS 23.038 6.2.1. */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** The extension table: characters after an escape. */
const EXTENSION: Readonly<Record<string, string>> = {
  '\f': '\n',
  '^': 'Λ',
  '{': '(',
  '}': ')',
  '\\': '/',
  '[': '<',
  '~': '=',
  ']': '>',
  '|': '¡',
  '€': 'e',
};
const ESCAPE = '\u001b';

/** The text in the default alphabet, one septet per byte; `undefined` if it has other characters. */
export function inDefaultAlphabet(text: string): Buffer | undefined {
  const septets: number[] = [];
  for (const character of text) {
    const extended = EXTENSION[character];
    const code = character === ESCAPE ? -1 : BASIC.indexOf(extended ?? character);
    if (code < 0) return undefined;
    if (extended !== undefined) septets.push(BASIC.indexOf(ESCAPE));
    septets.push(code);
  }
  return Buffer.from(septets);
}

/** The text in Latin-1; `undefined` if it has other characters. */
export const inLatin1 = (text: string): Buffer | undefined =>
  /^[\n\r\x20-\x7e\xa0-\xff]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined;

/** The text in UCS-2, big endian, for all other texts. */
export const inUcs2 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

/**
 * The number of message segments: 160 septets or 70 UCS-2 characters in a single message, otherwise 153 or 67 per
 * segment.
 */
export function segmentsOf(text: string): number {
  const septets = inDefaultAlphabet(text)?.length;
  const [length, single, perPart] = septets === undefined ? [text.length, 70, 67] : [septets, 160, 153];
  return length <= single ? 1 : Math.ceil(length / perPart);
}
