import { hash } from 'node:crypto';
import { type Element, OCTET_STRING, SEQUENCE, SET, expectAt } from './ber.js';
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

/** Entries that were received before, by `dn`. */
export type KnownEntries = ReadonlyMap<string, { readonly raw: RawEntry }>;

const NONE: readonly string[] = [];
const SEMICOLON = 0x3b;
const NOTHING_KNOWN: KnownEntries = new Map();

/**
 * @param content of a `SearchResultEntry`
 * @param idNames in lower case, in order of preference
 * @param known one of these is returned itself if the content is the same
 * @throws Error if the bytes are not an entry
 */
export function rawEntry(content: Buffer, idNames: readonly string[], known = NOTHING_KNOWN): RawEntry {
  const name = expectAt(content, 0, OCTET_STRING);
  const dn = dnText(content.toString('utf8', name.start, name.end));
  const earlier = known.get(dn)?.raw;
  if (earlier instanceof ReceivedEntry && earlier.hasContent(content)) return earlier;
  const list = expectAt(content, name.end, SEQUENCE);
  let missing = NONE;
  for (let at = list.start; at < list.end; ) {
    const { type, end } = attributeAt(content, at, list.end);
    if (hasOptions(content, type)) missing = missing.concat(restOf(content.toString('latin1', type.start, type.end)));
    at = end;
  }
  return new ReceivedEntry(dn, missing, content, list.start, list.end, idNames);
}

/** Nobody needs all of it: lookups only compare most entries with those that they know. */
class ReceivedEntry implements RawEntry {
  private knownId: string | undefined;
  private knownDigest: string | undefined;

  constructor(
    readonly dn: string,
    readonly missing: readonly string[],
    private readonly content: Buffer,
    private readonly start: number,
    private readonly end: number,
    private readonly idNames: readonly string[],
  ) {}

  get id(): string {
    return (this.knownId ??= idIn(this.attributes, this.idNames) ?? this.dn.toLowerCase());
  }

  get digest(): string {
    return (this.knownDigest ??= digestOf(this.content));
  }

  get attributes(): Buffer {
    return this.content.subarray(this.start, this.end);
  }

  hasContent(content: Buffer): boolean {
    return this.content.equals(content);
  }
}

function idIn(attributes: Buffer, idNames: readonly string[]): string | undefined {
  let rank = idNames.length;
  let id: string | undefined;
  for (let at = 0; at < attributes.length; ) {
    const { type, values, end } = attributeAt(attributes, at);
    at = end;
    const description = attributes.toString('latin1', type.start, type.end);
    const better = idNames.indexOf(description.toLowerCase());
    if (better < 0 || better >= rank || values.start === values.end) continue;
    rank = better;
    const value = expectAt(attributes, values.start, OCTET_STRING, values.end);
    id = idText(description, attributes.subarray(value.start, value.end));
  }
  return id;
}

const digestOf = (content: Buffer | string): string => hash('sha256', content, 'base64url');

/** Merges further attributes into an entry. */
export const joined = ({ id, dn, attributes, digest }: RawEntry, more: RawEntry): RawEntry => ({
  id,
  dn,
  attributes: Buffer.concat([attributes, more.attributes]),
  digest: digestOf(digest + more.digest),
  missing: more.missing,
});

export function attributesOf({ attributes }: RawEntry): readonly RawAttribute[] {
  // Converted at once, which takes less time than each part of it.
  const text = attributes.toString('latin1');
  const read: RawAttribute[] = [];
  for (let at = 0; at < attributes.length; ) {
    const { type, values, end } = attributeAt(attributes, at);
    const texts: string[] = [];
    for (let valueAt = values.start; valueAt < values.end; ) {
      const value = expectAt(attributes, valueAt, OCTET_STRING, values.end);
      texts.push(text.slice(value.start, value.end));
      valueAt = value.end;
    }
    read.push({ description: text.slice(type.start, type.end), values: texts });
    at = end;
  }
  return read;
}

function attributeAt(bytes: Buffer, at: number, limit = bytes.length) {
  const { start, end } = expectAt(bytes, at, SEQUENCE, limit);
  const type = expectAt(bytes, start, OCTET_STRING, end);
  return { type, values: expectAt(bytes, type.end, SET, end), end };
}

/** Whether an attribute description contains a semicolon. */
function hasOptions(bytes: Buffer, { start, end }: Pick<Element, 'start' | 'end'>): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === SEMICOLON) return true;
  return false;
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
