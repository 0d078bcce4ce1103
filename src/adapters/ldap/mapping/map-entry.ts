import type { ParsedEntry, SkipReason } from '../../../domain/directory/directory-entry.js';
import { groupBy } from '../../../domain/shared/group-by.js';
import { isAscii } from '../../../domain/identifiers/ascii.js';
import { composeMxid, localpartOf, type Mxid } from '../../../domain/identifiers/mxid.js';
import { MXID_FORMS, readMxid } from '../../../domain/identifiers/mxid-uri.js';
import { patternOf, readPhoneNumber } from '../../../domain/identifiers/phone-number.js';
import { keyOf, type Medium, type Threepid, tryThreepid } from '../../../domain/identifiers/threepid.js';
import { attributeName } from './attribute-names.js';
import { hasAddressPrefixes } from './attribute-names.js';
import { applyModifier, placeholdersOf } from './localpart-template.js';
import { attributesOf, type RawEntry } from '../protocol/raw-entry.js';
import type { Rules } from './mapping-rules.js';
import { searchTextOf } from '../../shared/search-text.js';

export type Reading = ParsedEntry;

/** Maps an entry to a person. Unreadable values are skipped; without a user ID there is no person. */
export const read = (entry: RawEntry, rules: Rules): Reading => readingOf(described(entry), rules);

/**
 * The same, with the values that name the entry, one per placeholder of the template; `undefined` if one is missing.
 *
 * @param medium the only medium of which addresses are read; all if it is absent
 */
export function readWithNames(
  entry: RawEntry,
  rules: Rules,
  medium?: Medium,
): Reading & { readonly names: readonly (string | undefined)[] } {
  const attributes = described(entry);
  const names = placeholdersOf(rules.template).map(({ attribute }) => valuesOf(attributes, attribute)[0]);
  return { ...readingOf(attributes, rules, medium), names };
}

function readingOf(attributes: readonly Described[], rules: Rules, medium?: Medium): Reading {
  const skipped: SkipReason[] = [];
  const threepids = new Map<string, Threepid>();
  const take = (threepid: Threepid | undefined, problem: () => SkipReason) => {
    if (!threepid) skipped.push(problem());
    else if (threepid.alias !== undefined || !threepids.has(keyOf(threepid))) threepids.set(keyOf(threepid), threepid);
  };

  for (const name of medium === 'msisdn' ? [] : rules.email) {
    for (const text of valuesOf(attributes, name)) {
      const address = hasAddressPrefixes(name) ? mailbox(text) : text;
      if (address !== undefined)
        take(tryThreepid('email', address), () => `a value of \`${name}\` is not an email address`);
    }
  }
  for (const name of medium === 'email' ? [] : rules.msisdn) {
    for (const text of valuesOf(attributes, name)) {
      const digits = readPhoneNumber(text, rules.region)?.digits ?? '';
      const hint = rules.region === undefined ? ': write it with + and its calling code, or set `phoneRegion`' : '';
      take(
        tryThreepid('msisdn', digits),
        () => `a phone number in \`${name}\` cannot be read (${patternOf(text)})${hint}`,
      );
    }
  }

  const mxid = mxidOf(attributes, rules);
  if (typeof mxid !== 'string') {
    const withheld = [...threepids.values()];
    const problems = [mxid.problem, ...counted(skipped)];
    return { person: undefined, skipped: problems, ...(withheld.length > 0 && { withheld }) };
  }
  const searchText = rules.search && searchTextOf(rules.search, (name) => valuesOf(attributes, name));
  const person = { mxid, threepids: [...threepids.values()], ...(searchText && { searchText }) };
  return { person, skipped: counted(skipped) };
}

/** Removes duplicate reasons. */
function counted(reasons: readonly SkipReason[]): readonly SkipReason[] {
  if (reasons.length < 2) return reasons;
  return [...groupBy(reasons, (reason) => reason)].map(([reason, { length }]) =>
    length === 1 ? reason : `${reason} (${length} times)`,
  );
}

/** In lower case. If an attribute has two names, always the same one. RFC 4512, 2.5. */
interface Description {
  readonly name: string;
  readonly options: readonly string[];
}

interface Described {
  readonly is: Description;
  readonly values: readonly string[];
}

const described = (entry: RawEntry): readonly Described[] =>
  attributesOf(entry).map(({ description, values }) => ({ is: descriptionOf(description), values }));

/** A cache: all entries have the same few descriptions. */
const descriptions = new Map<string, Description>();
const MOST_DESCRIPTIONS = 1_000;

function descriptionOf(text: string): Description {
  let description = descriptions.get(text);
  if (!description) {
    const [name = '', ...options] = text.toLowerCase().split(';');
    description = { name: attributeName(name), options };
    if (descriptions.size < MOST_DESCRIPTIONS) descriptions.set(text, description);
  }
  return description;
}

/**
 * The values of an attribute, trimmed. Names are case-insensitive, and include all options: `mail` also matches
 * `mail;lang-de`.
 */
function valuesOf(attributes: readonly Described[], wanted: string): readonly string[] {
  const { name, options } = descriptionOf(wanted);
  const found: string[] = [];
  for (const { is, values } of attributes) {
    if (is.name !== name || !options.every((option) => is.options.includes(option))) continue;
    for (const value of values) {
      const text = decode(value);
      if (text !== '') found.push(text);
    }
  }
  return found;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes that are not valid UTF-8 become a character that no address or name contains. */
const decode = (latin1: string): string =>
  (isAscii(latin1) ? latin1 : utf8.decode(Buffer.from(latin1, 'latin1')).replaceAll('\ufffd', '\0')).trim();

/**
 * The mailbox of an address with a type prefix such as `smtp:`, `SMTP:` or `x500:`; `undefined` for types that are not
 * email.
 */
function mailbox(text: string): string | undefined {
  const [, kind, address] = /^([a-z][a-z0-9]*):(.*)$/i.exec(text) ?? [];
  if (kind === undefined || kind.toLowerCase() === 'mailto') return text;
  return kind.toLowerCase() === 'smtp' ? address : undefined;
}

function mxidOf(
  attributes: readonly Described[],
  { template, homeserver }: Rules,
): Mxid | { readonly problem: SkipReason } {
  const map = homeserver === undefined ? (text: string) => text.toLowerCase() : localpartOf;
  let text = '';
  for (const piece of template) {
    if (typeof piece === 'string') {
      text += piece;
      continue;
    }
    const filledIn = valuesOf(attributes, piece.attribute).map((value) => applyModifier(piece, value));
    const [filling] = filledIn;
    if (filling === undefined)
      return { problem: `\`${piece.attribute}\`, the attribute with the user name, is missing` };
    if (new Set(filledIn.map(map)).size > 1) {
      return { problem: `\`${piece.attribute}\`, the attribute with the user name, has several values` };
    }
    if (filling === '')
      return { problem: `\`${piece.attribute}\`, the attribute with the user name, has nothing before the @` };
    text += filling;
  }
  if (text.includes('\0')) return { problem: 'the user name is not text' };
  if (homeserver === undefined)
    return readMxid(map(text)) ?? { problem: `the value is not a Matrix ID: ${MXID_FORMS}` };
  const localpart = map(text);
  if (/^\d+$/.test(localpart)) {
    return { problem: 'the user name is a number, which homeservers reserve for guests: add a prefix in `localpart`' };
  }
  return composeMxid(localpart, homeserver) ?? { problem: 'the user name cannot be used in a Matrix ID' };
}
