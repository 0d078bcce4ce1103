/**
 * A readable form of a distinguished name: bytes that servers escape are shown as letters. The meaning is the same. RFC
 * 4514, 2.4.
 */
export const dnText = (text: string): string =>
  text.includes('\\') ? text.replace(/\\[^0-9a-f]|(?:\\[0-9a-f]{2})+/gi, readable) : text;

function readable(escaped: string): string {
  if (!/^\\[0-9a-f]{2}/i.test(escaped)) return escaped;
  const bytes = Buffer.from(escaped.replaceAll('\\', ''), 'hex');
  const text = bytes.toString('utf8');
  // Another encoding, or not text.
  if (text.includes('\ufffd')) return escaped;
  return text
    .replace(/[ "#+,;<=>\\]/g, '\\$&')
    .replace(/\p{Cc}/gu, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
