import { hash } from 'node:crypto';
import { OCTET_STRING, SEQUENCE, SET, expectAt } from './ber.js';
import { dnText } from './dn-text.js';

/** An entry as it came: listings hold thousands of them at a time, and most are never looked into. */
export interface RawEntry {
  /** Lasting: the value of the first id attribute that is there, else the distinguished name in lower case. */
  readonly id: string;
  /** For people to read. */
  readonly dn: string;
  /** The content of its `PartialAttributeList`, for `attributesOf` alone. RFC 4511, 4.5.2. */
  readonly attributes: Buffer;
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

/**
 * @param content of a `SearchResultEntry`
 * @param idNames in lower case, the best first
 * @throws Error for bytes that are none
 */
export function rawEntry(content: Buffer, idNames: readonly string[]): RawEntry {
  const name = expectAt(content, 0, OCTET_STRING);
  const dn = dnText(content.toString('utf8', name.start, name.end));
  const list = expectAt(content, name.end, SEQUENCE);
  const attributes = content.subarray(list.start, list.end);
  let missing = NONE;
  let rank = idNames.length;
  let id: string | undefined;
  for (let at = 0; at < attributes.length; ) {
    const { description, values, end } = attributeAt(attributes, at);
    at = end;
    if (description.includes(';')) missing = missing.concat(restOf(description));
    const better = idNames.indexOf(description.toLowerCase());
    if (better < 0 || better >= rank || values.start === values.end) continue;
    rank = better;
    const { start, end: valueEnd } = expectAt(attributes, values.start, OCTET_STRING, values.end);
    id = idText(description, attributes.subarray(start, valueEnd));
  }
  return { id: id ?? dn.toLowerCase(), dn, attributes, digest: digestOf(content), missing };
}

const digestOf = (content: Buffer | string): string => hash('sha256', content, 'base64url');

/** The entry with what else was found of it. */
export const joined = (entry: RawEntry, more: RawEntry): RawEntry => ({
  ...entry,
  attributes: Buffer.concat([entry.attributes, more.attributes]),
  digest: digestOf(entry.digest + more.digest),
  missing: more.missing,
});

export function attributesOf({ attributes }: RawEntry): readonly RawAttribute[] {
  const read: RawAttribute[] = [];
  for (let at = 0; at < attributes.length; ) {
    const { description, values, end } = attributeAt(attributes, at);
    const texts: string[] = [];
    for (let valueAt = values.start; valueAt < values.end; ) {
      const value = expectAt(attributes, valueAt, OCTET_STRING, values.end);
      texts.push(attributes.toString('latin1', value.start, value.end));
      valueAt = value.end;
    }
    read.push({ description, values: texts });
    at = end;
  }
  return read;
}

function attributeAt(bytes: Buffer, at: number) {
  const { start, end } = expectAt(bytes, at, SEQUENCE);
  const type = expectAt(bytes, start, OCTET_STRING, end);
  return {
    description: bytes.toString('latin1', type.start, type.end),
    values: expectAt(bytes, type.end, SET, end),
    end,
  };
}

/** What to ask for after `member;range=0-1499`; nothing after `member;range=1500-*`. [MS-ADTS] 3.1.1.3.1.3.3 */
function restOf(description: string): readonly string[] {
  const [, attribute, last] = /^(.*);range=\d+-(\d+)$/i.exec(description) ?? [];
  return attribute === undefined ? NONE : [`${attribute};range=${Number(last) + 1}-*`];
}

/** GUIDs of Active Directory are bytes; everybody else writes ids as text. */
function idText(name: string, value: Buffer): string {
  const text = value.toString('latin1');
  return name.toLowerCase() !== 'objectguid' && /^[\x20-\x7e]+$/.test(text) ? text : value.toString('hex');
}
