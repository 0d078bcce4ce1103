/** Control characters (C0, DEL, C1), separators of lines, and what turns the direction of the text behind it. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE, 'gu');

/** Whether a text can be shown on a line of a terminal without doing anything there. */
export const isPrintable = (text: string): boolean => !UNPRINTABLE.test(text);

/** A text of somebody else, to be shown: what would do something on a terminal is written as `\u001b`. */
export const escapeUnprintable = (text: string): string => text.replace(UNPRINTABLE_ALL, escaped);

/** The same for every text within `value`, names of members too. */
export function printable<T>(value: T): T {
  if (typeof value === 'string') return escapeUnprintable(value) as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [escapeUnprintable(name), printable(one)])) as T;
}

/** JSON for a terminal: the same value, with every unprintable character as an escape. JSON itself leaves C1 as it is. */
export const printableJson = (value: unknown, indent = 2): string =>
  JSON.stringify(value, undefined, indent).replace(UNPRINTABLE_ALL, (character) =>
    character === '\n' ? character : escaped(character),
  );

const SGR = '\u001b\\[\\d{1,2}m';
const LEFT = new RegExp(`(${SGR})|${UNPRINTABLE.source}`, 'gu');

/** What is left of unprintable characters in a finished text of ours, whose lines and colours stay. */
export const escapeFinished = (text: string): string =>
  text.replace(LEFT, (found, colour?: string) => (colour !== undefined || found === '\n' ? found : escaped(found)));

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
