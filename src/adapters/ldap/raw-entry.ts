import { hash } from 'node:crypto';
import type { SearchEntry } from 'ldapjs';
import { dnText } from './dn-text.js';
import { nameOf } from './library.js';

/**
 * An entry as it came, packed into one string: listings hold thousands of them at a time, and the
 * library's own objects cost more to keep than to read.
 */
export interface RawEntry {
  /** Lasting: the value of the first id attribute that is there, else the distinguished name in lower case. */
  readonly id: string;
  readonly dn: string;
  /** For `attributesOf` alone. */
  readonly packed: string;
  /** Equal for entries that are equal. */
  readonly digest: string;
  /** What the server held back of long attributes, to be asked for: `member;range=1500-*`. */
  readonly missing: readonly string[];
}

/** As the server spelled it, options included, and its values byte by byte (latin1). */
export interface RawAttribute {
  readonly description: string;
  readonly values: readonly string[];
}

const NONE: readonly string[] = [];

/** What `toString('latin1')` does, at a third of its cost. */
const latin1 = (bytes: Buffer): string => (bytes as Buffer & { latin1Slice(): string }).latin1Slice();

/** @param idNames in lower case, the best first */
export function pack(entry: SearchEntry, idNames: readonly string[]): RawEntry {
  const dn = dnText(nameOf(entry));
  let packed = dn;
  let missing = NONE;
  let rank = idNames.length;
  let id: string | undefined;
  for (const { type, buffers } of entry.attributes) {
    packed += `\n${type}`;
    for (const value of buffers) packed += `\0${value.length}\0${latin1(value)}`;
    if (type.includes(';')) missing = missing.concat(restOf(type));
    const better = idNames.indexOf(type.toLowerCase());
    if (better < 0 || better >= rank || !buffers[0]) continue;
    rank = better;
    id = idText(type, buffers[0]);
  }
  // Hashed first: that makes one flat string of the many pieces, and the pieces can go at once.
  const digest = digestOf(packed);
  return { id: id ?? dn.toLowerCase(), dn: packed.slice(0, dn.length), packed, digest, missing };
}

const digestOf = (text: string): string => hash('sha256', text, 'base64url');

/** The entry with what else was found of it. */
export const joined = (entry: RawEntry, more: RawEntry): RawEntry => ({
  ...entry,
  packed: entry.packed + more.packed.slice(more.dn.length),
  digest: digestOf(entry.digest + more.digest),
  missing: more.missing,
});

export function attributesOf({ dn, packed }: RawEntry): readonly RawAttribute[] {
  const attributes: RawAttribute[] = [];
  let at = dn.length;
  while (at < packed.length) {
    const start = at + 1;
    const ends = [packed.indexOf('\0', start), packed.indexOf('\n', start)].filter((end) => end >= 0);
    at = Math.min(packed.length, ...ends);
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
function idText(name: string, value: Buffer): string {
  const text = latin1(value);
  return name.toLowerCase() !== 'objectguid' && /^[\x20-\x7e]+$/.test(text) ? text : value.toString('hex');
}
