/** Control characters (C0, DEL, C1), line separators, and characters that change the text direction. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE, 'gu');

/** Whether a text can be shown on one line of a terminal without side effects. */
export const isPrintable = (text: string): boolean => !UNPRINTABLE.test(text);

/** Makes untrusted text safe for display: unprintable characters are written as `\u001b`. */
export const escapeUnprintable = (text: string): string => text.replace(UNPRINTABLE_ALL, escaped);

/** The same for every text within `value`, including property names. */
export function printable<T>(value: T): T {
  if (typeof value === 'string') return escapeUnprintable(value) as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, element]) => [escapeUnprintable(name), printable(element)]),
  ) as T;
}

const ASCII = /^[ -~]*$/;

/** JSON for a terminal: the same value, with every unprintable character escaped. JSON itself does not escape C1. */
export function printableJson(value: unknown, indent = 2): string {
  const json = JSON.stringify(value, undefined, indent);
  if (ASCII.test(json)) return json;
  return json.replace(UNPRINTABLE_ALL, (character) => (character === '\n' ? character : escaped(character)));
}

const SGR = '\u001b\\[\\d{1,2}m';
const LEFT = new RegExp(`(${SGR})|${UNPRINTABLE.source}`, 'gu');

/** Escapes unprintable characters in the final output of Islet, but keeps its line breaks and colours. */
export const escapeFinished = (text: string): string =>
  text.replace(LEFT, (found, colour?: string) => (colour !== undefined || found === '\n' ? found : escaped(found)));

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
