import { isAscii } from './ascii.js';
import { COMMON, FULL } from './case-folding-table.js';

/**
 * Full Unicode case folding: `Strauß` and `STRAUSS` both become `strauss`; final sigma is not treated specially. Spec:
 * "Third-party identifiers", email; Unicode CaseFolding C + F, version 17. Uses its own table, because the version of
 * the runtime's table differs between machines, and all must compute the same hash for an address.
 */
export function foldCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) folded += foldings.get(character) ?? character;
  return folded;
}

/** Lower-cases like a client does, even if this runtime is older than a letter. */
export function lowerCase(text: string): string {
  const lower = text.toLowerCase();
  if (isAscii(text)) return lower;
  // Unicode still adds letters to these blocks; none of their lower-case letters folds to another letter.
  return lower.replace(
    /[\u{10000}-\u{10ffff}\ua640-\ua7ff\u2c60-\u2c7f\u1c80-\u1c8f]/gu,
    (letter) => foldings.get(letter) ?? letter,
  );
}

const foldings = readTable();

function readTable(): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  const numbers = (line: string) => line.split(' ').map((digits) => Number.parseInt(digits, 36));
  for (const run of COMMON.split(',')) {
    const [first = 0, distance = 0, count = 1, step = 1] = numbers(run);
    for (let code = first; code < first + count * step; code += step)
      table.set(String.fromCodePoint(code), String.fromCodePoint(code + distance));
  }
  for (const line of FULL.split(',')) {
    const [letter = 0, ...expansion] = numbers(line);
    table.set(String.fromCodePoint(letter), String.fromCodePoint(...expansion));
  }
  return table;
}
