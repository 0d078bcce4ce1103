/**
 * Full Unicode case folding: `Strauß` and `STRAUSS` both become `strauss`, and no final sigma is
 * special. Spec: "Third-party identifiers", email; Unicode CaseFolding C + F, version 17.
 */
export function foldCase(text: string): string {
  // The tables are those of the runtime: lower, upper, lower again is full folding for every code
  // point but these Cherokee letters, which fold to upper case, and the dotless i.
  if (isAscii(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

function foldCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x131 || (code >= 0x13a0 && code <= 0x13f5)) return character;
  if ((code >= 0x13f8 && code <= 0x13fd) || (code >= 0xab70 && code <= 0xabbf)) return character.toUpperCase();
  return character.toLowerCase().toUpperCase().toLowerCase();
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
