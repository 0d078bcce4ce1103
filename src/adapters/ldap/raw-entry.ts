import { hash } from 'node:crypto';
import type { SearchEntry } from 'ldapjs';
import { dnText } from './dn-text.js';
import { nameOf } from './library.js';

/**
 * An entry as it came, packed into few strings: listings hold thousands of them at a time, and the
 * library's own objects cost more to keep than to read.
 */
export interface RawEntry {
  /** Lasting: the value of the first id attribute that is there, else the distinguished name in lower case. */
  readonly id: string;
  /** The id as the directory stores it, to ask for this entry again. */
  readonly idAttribute: IdAttribute | undefined;
  readonly dn: string;
  /** For `attributesOf` alone. */
  readonly packed: string;
  /** What the server held back of long attributes, to be asked for: `member;range=1500-*`. */
  readonly missing: readonly string[];
}

interface IdAttribute {
  readonly name: string;
  readonly value: Buffer;
}

/** As the server spelled it, options included, and its values byte by byte (latin1). */
export interface RawAttribute {
  readonly description: string;
  readonly values: readonly string[];
}

const NONE: readonly string[] = [];

/** @param idNames in lower case, the best first */
export function pack(entry: SearchEntry, idNames: readonly string[]): RawEntry {
  const dn = dnText(nameOf(entry));
  let packed = '';
  let missing = NONE;
  let rank = idNames.length;
  let idAttribute: IdAttribute | undefined;
  for (const { type, buffers } of entry.attributes) {
    const [first] = buffers;
    const better = idNames.indexOf(type.toLowerCase());
    if (first && better >= 0 && better < rank) [rank, idAttribute] = [better, { name: type, value: first }];
    packed += `\n${type}`;
    for (const value of buffers) packed += `\0${value.length}\0${value.toString('latin1')}`;
    if (type.includes(';')) missing = missing.concat(restOf(type));
  }
  return { id: idAttribute ? idText(idAttribute) : dn.toLowerCase(), idAttribute, dn, packed, missing };
}

/** Equal for entries that look the same under the same rules. */
export const stampOf = ({ dn, packed }: RawEntry, mark: string): string =>
  hash('sha256', `${mark}${dn}${packed}`, 'base64url');

/** The entry with what else was found of it. */
export const joined = (entry: RawEntry, more: RawEntry): RawEntry => ({
  ...entry,
  packed: entry.packed + more.packed,
  missing: more.missing,
});

export function attributesOf({ packed }: RawEntry): readonly RawAttribute[] {
  const attributes: RawAttribute[] = [];
  let at = 0;
  while (at < packed.length) {
    const start = at + 1;
    while (at < packed.length && packed[at] !== '\0' && (packed[at] !== '\n' || at < start)) at++;
    const values: string[] = [];
    attributes.push({ description: packed.slice(start, at), values });
    while (packed[at] === '\0') {
      const text = packed.indexOf('\0', at + 1) + 1;
      const length = Number(packed.slice(at + 1, text - 1));
      at = text + length;
      values.push(packed.slice(text, at));
    }
  }
  return attributes;
}

/** What to ask for after `member;range=0-1499`; nothing after `member;range=1500-*`. [MS-ADTS] 3.1.1.3.1.3.3 */
function restOf(description: string): readonly string[] {
  const [, attribute, last] = /^(.*);range=\d+-(\d+)$/i.exec(description) ?? [];
  return attribute === undefined ? NONE : [`${attribute};range=${Number(last) + 1}-*`];
}

/** GUIDs of Active Directory are bytes; everybody else writes ids as text. */
function idText({ name, value }: IdAttribute): string {
  const text = value.toString('latin1');
  return name.toLowerCase() !== 'objectguid' && /^[\x20-\x7e]+$/.test(text) ? text : value.toString('hex');
}
