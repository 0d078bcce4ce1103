import ldap, { type Filter } from 'ldapjs';
import { NOW, timeFilter } from './time-filter.js';

/** An attribute description of RFC 4512: a name or an OID, and options. Some servers also allow underscores. */
const DESCRIPTION = /[A-Za-z][\w-]*(?:;[\w-]+)*|\d+(?:\.\d+)+(?:;[\w-]+)*/y;
const RULE = /[A-Za-z][\w-]*|\d+(?:\.\d+)+/y;

export const isAttributeDescription = (text: string): boolean => new RegExp(`^(?:${DESCRIPTION.source})$`).test(text);

/**
 * Parses a search filter of RFC 4515. Blanks and line breaks between filters, a missing outermost pair of parentheses,
 * and a backslash before a special character are accepted in the same way as by the OpenLDAP tools. `{now}`, compared
 * by `>=` or `<=`, is the time of the search.
 *
 * @param now ms since the epoch
 * @throws Error with the position, counted from 1
 */
export const parseFilter = (text: string, now: () => number = Date.now): Filter =>
  new FilterReader(text, now).readAll();

class FilterReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly now: () => number,
  ) {}

  readAll(): Filter {
    this.skipBlanks();
    const filter = this.next === '(' ? this.filter() : this.item();
    this.skipBlanks();
    if (this.at < this.text.length) this.fail('end of the filter expected');
    return filter;
  }

  private get next(): string {
    return this.text.charAt(this.at);
  }

  private filter(): Filter {
    this.take('(');
    this.skipBlanks();
    const filter = this.component();
    this.take(')');
    return filter;
  }

  private component(): Filter {
    if (this.skip('&')) return new ldap.AndFilter({ filters: this.list() });
    if (this.skip('|')) return new ldap.OrFilter({ filters: this.list() });
    if (!this.skip('!')) return this.item();
    const [filter, ...others] = this.list();
    if (!filter || others.length > 0) this.fail('"!" negates exactly one filter');
    return new ldap.NotFilter({ filter });
  }

  /** May be empty: `(&)` is always true and `(|)` is always false (RFC 4526). */
  private list(): Filter[] {
    const filters: Filter[] = [];
    for (;;) {
      this.skipBlanks();
      if (this.next !== '(') return filters;
      filters.push(this.filter());
    }
  }

  private item(): Filter {
    const attribute = this.match(DESCRIPTION);
    if (this.next === ':') return this.extensible(attribute);
    if (attribute === undefined) this.fail('attribute name expected');
    for (const [sign, Comparison] of comparisons) {
      if (!this.skip(sign)) continue;
      const value = utf8(this.value(), this);
      if (value !== NOW) return new Comparison({ attribute, value });
      if (Comparison === ldap.ApproximateFilter) this.fail(`${NOW} can be compared only with ">=" or "<="`);
      return timeFilter(Comparison, attribute, this.now);
    }
    this.take('=');
    return this.matching(attribute, this.parts());
  }

  private matching(attribute: string, parts: readonly Buffer[]): Filter {
    const [first, ...rest] = parts;
    if (first && rest.length === 0) return new ldap.EqualityFilter({ attribute, value: first });
    const [initial = '', ...middle] = parts.map((part) => utf8(part, this));
    const final = middle.pop() ?? '';
    const any = middle.filter((part) => part !== '');
    if (!initial && !final && any.length === 0) return new ldap.PresenceFilter({ attribute });
    return new ldap.SubstringFilter({ attribute, initial, any, final });
  }

  private extensible(attribute: string | undefined): Filter {
    const dnAttributes = this.match(/:dn:/iy) !== undefined;
    if (!dnAttributes) this.take(':');
    const rule = this.next === '=' ? undefined : this.match(RULE);
    if (rule !== undefined) this.take(':');
    if (attribute === undefined && rule === undefined) this.fail('matching rule expected');
    this.take('=');
    return new ldap.ExtensibleFilter({
      ...(attribute !== undefined && { matchType: attribute }),
      ...(rule !== undefined && { rule }),
      dnAttributes,
      value: utf8(this.value(), this),
    });
  }

  private value(): Buffer {
    const [value, ...others] = this.parts();
    if (!value || others.length > 0)
      this.fail('"*" is not allowed in this kind of filter: write \\2a for the character');
    return value;
  }

  /** A value as bytes, split at the wildcards. */
  private parts(): readonly Buffer[] {
    const parts: Buffer[][] = [[]];
    while (this.at < this.text.length && this.next !== ')') {
      if (this.next === '(') this.fail('"(" must be written \\28 in a value');
      if (this.skip('*')) parts.push([]);
      else parts.at(-1)?.push(this.character());
    }
    return parts.map((part) => Buffer.concat(part));
  }

  private character(): Buffer {
    if (this.next === '\0') this.fail('NUL must be written \\00');
    if (this.next !== '\\') {
      const character = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
      this.at += character.length;
      return Buffer.from(character);
    }
    const hex = this.match(/\\[0-9a-fA-F]{2}/y);
    if (hex !== undefined) return Buffer.from(hex.slice(1), 'hex');
    const special = this.match(/\\[()*\\]/y);
    if (special === undefined) this.fail('a backslash must be followed by two hexadecimal digits');
    return Buffer.from(special.slice(1));
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    this.at += found?.length ?? 0;
    return found;
  }

  private skip(expected: string): boolean {
    const isThere = this.text.startsWith(expected, this.at);
    if (isThere) this.at += expected.length;
    return isThere;
  }

  private take(expected: string): void {
    if (!this.skip(expected)) this.fail(`"${expected}" expected`);
  }

  private skipBlanks(): void {
    this.match(/\s*/y);
  }

  fail(problem: string): never {
    const rest = this.text.slice(this.at, this.at + 20);
    const where = rest === '' ? 'at its end' : `at position ${this.at + 1}, before ${JSON.stringify(rest)}`;
    throw new Error(`the filter cannot be read ${where}: ${problem}`);
  }
}

const comparisons = [
  ['>=', ldap.GreaterThanEqualsFilter],
  ['<=', ldap.LessThanEqualsFilter],
  ['~=', ldap.ApproximateFilter],
] as const;

/** The library encodes all values as text, except those of equality filters. */
function utf8(bytes: Buffer, reader: FilterReader): string {
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) reader.fail('bytes that are not UTF-8 can be compared only with "="');
  return text;
}
