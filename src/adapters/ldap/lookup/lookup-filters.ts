import ldap from 'ldapjs';
import { readPhoneNumber } from '../../../domain/identifiers/phone-number.js';
import { searchSpellings } from '../../../domain/identifiers/spellings.js';
import type { Threepid } from '../../../domain/identifiers/threepid.js';
import { hasAddressPrefixes } from '../mapping/attribute-names.js';
import { encodedAll, encodedAny, encodedEquality, encodedText, type EncodedText } from '../protocol/filter-encoding.js';
import { type Placeholder, placeholdersOf } from '../mapping/localpart-template.js';
import type { Rules } from '../mapping/mapping-rules.js';

/**
 * Filters that together match every entry that may have this threepid, and possibly others: the matching rules of the
 * directory differ, so results are compared again afterwards. None if no attribute holds threepids of this medium.
 */
export function threepidFilters(threepid: Threepid, rules: Rules): readonly EncodedText[] {
  const { medium, address } = threepid;
  if (medium === 'msisdn') return rules.msisdn.map((attribute) => phoneFilter(attribute, address));
  const spellings = searchSpellings(threepid);
  const filters: EncodedText[] = [];
  for (const attribute of rules.email) {
    for (const text of spellings) {
      filters.push(encodedEquality(attribute, text));
      if (hasAddressPrefixes(attribute)) filters.push(encodedEquality(attribute, `smtp:${text}`));
    }
  }
  return filters;
}

/** Filters that together match every entry that the directory considers to have the same name; none without a name. */
export function namesakeFilters(names: readonly (string | undefined)[], { template }: Rules): readonly EncodedText[] {
  const filters = placeholdersOf(template).map((placeholder, index) => nameFilters(placeholder, names[index]));
  const [only = []] = filters;
  if (filters.length === 1) return only;
  if (filters.some(({ length }) => length === 0)) return [];
  return [encodedAll(filters.map(encodedAny))];
}

/**
 * Numbers are written in many ways, but the order of their last digits is always the same, regardless of separators and
 * of how country and area codes are written. Eight digits are selective enough.
 */
function phoneFilter(attribute: string, digits: string): EncodedText {
  const code = readPhoneNumber(`+${digits}`)?.callingCode ?? '';
  const any = digits.slice(code.length).slice(-8).split('');
  return encodedText(new ldap.SubstringFilter({ attribute, initial: '', any }));
}

function nameFilters({ attribute, modifier, domain }: Placeholder, value: string | undefined): readonly EncodedText[] {
  if (value === undefined) return [];
  if (modifier === 'whole') return [encodedEquality(attribute, value)];
  const name = value.split('@', 1).join();
  if (modifier === 'before-at') {
    const initial = encodedText(new ldap.SubstringFilter({ attribute, initial: `${name}@` }));
    return [encodedEquality(attribute, name), initial];
  }
  return [value, name, `${name}@${domain}`].map((text) => encodedEquality(attribute, text));
}
