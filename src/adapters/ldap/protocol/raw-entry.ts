import { hash } from 'node:crypto';
import { OCTET_STRING, SEQUENCE, SET, expectAt } from './ber.js';
import { dnText } from './dn-text.js';

/** An unparsed entry: listings hold thousands of them at a time, and most are never parsed. */
export interface RawEntry {
  /** Persistent: the value of the first available id attribute, otherwise the distinguished name in lower case. */
  readonly id: string;
  /** Readable form. */
  readonly dn: string;
  /** The content of its `PartialAttributeList`; read it with `attributesOf`. RFC 4511, 4.5.2. */
  readonly attributes: Buffer;
  /** Equal for equal entries. */
  readonly digest: string;
  /** Remaining ranges of long attributes, to be requested: `member;range=1500-*`. */
  readonly missing: readonly string[];
}

/** The name as spelled by the server, including options; values as latin1, one character per byte. */
export interface RawAttribute {
  readonly description: string;
  readonly values: readonly string[];
}

const NONE: readonly string[] = [];

/**
 * @param content of a `SearchResultEntry`
 * @param idNames in lower case, in order of preference
 * @throws Error if the bytes are not an entry
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

/** Merges further attributes into an entry. */
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

/** The next range after `member;range=0-1499`; empty after `member;range=1500-*`. [MS-ADTS] 3.1.1.3.1.3.3 */
function restOf(description: string): readonly string[] {
  const [, attribute, last] = /^(.*);range=\d+-(\d+)$/i.exec(description) ?? [];
  return attribute === undefined ? NONE : [`${attribute};range=${Number(last) + 1}-*`];
}

/** GUIDs of Active Directory are bytes; other servers use text ids. */
function idText(name: string, value: Buffer): string {
  const text = value.toString('latin1');
  return name.toLowerCase() !== 'objectguid' && /^[\x20-\x7e]+$/.test(text) ? text : value.toString('hex');
}
