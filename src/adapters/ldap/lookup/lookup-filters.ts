import ldap, { type Filter } from 'ldapjs';
import { readPhoneNumber } from '../../../domain/identifiers/phone-number.js';
import { searchSpellings } from '../../../domain/identifiers/spellings.js';
import type { Threepid } from '../../../domain/identifiers/threepid.js';
import { hasAddressPrefixes } from '../mapping/attribute-names.js';
import { anyOf, equals } from '../protocol/filter-builder.js';
import { type Placeholder, placeholdersOf } from '../mapping/localpart-template.js';
import type { Rules } from '../mapping/mapping-rules.js';

/**
 * Matches every entry that may have this threepid, and possibly others: the matching rules of the directory differ, so
 * results are compared again afterwards. `undefined` if no attribute holds threepids of this medium.
 */
export function threepidFilter(threepid: Threepid, rules: Rules): Filter | undefined {
  const { medium, address } = threepid;
  const spellings = searchSpellings(threepid);
  const filters =
    medium === 'msisdn'
      ? rules.msisdn.map((attribute) => phoneFilter(attribute, address))
      : rules.email.flatMap((attribute) => spellings.flatMap((text) => emailFilters(attribute, text)));
  return filters.length > 0 ? anyOf(filters) : undefined;
}

/** Matches every entry that the directory considers to have the same name; `undefined` without a name. */
export function namesakeFilter(names: readonly (string | undefined)[], { template }: Rules): Filter | undefined {
  const filters = placeholdersOf(template).map((placeholder, index) => nameFilter(placeholder, names[index]));
  if (!filters.every((filter) => filter !== undefined)) return undefined;
  const [only] = filters;
  return only && filters.length === 1 ? only : new ldap.AndFilter({ filters });
}

function emailFilters(attribute: string, address: string): readonly Filter[] {
  return [equals(attribute, address), ...(hasAddressPrefixes(attribute) ? [equals(attribute, `smtp:${address}`)] : [])];
}

/**
 * Numbers are written in many ways, but the order of their last digits is always the same, regardless of separators and
 * of how country and area codes are written. Eight digits are selective enough.
 */
function phoneFilter(attribute: string, digits: string): Filter {
  const code = readPhoneNumber(`+${digits}`)?.callingCode ?? '';
  const any = digits.slice(code.length).slice(-8).split('');
  return new ldap.SubstringFilter({ attribute, initial: '', any });
}

function nameFilter({ attribute, modifier, domain }: Placeholder, value: string | undefined): Filter | undefined {
  if (value === undefined) return undefined;
  if (modifier === 'whole') return equals(attribute, value);
  const name = value.split('@', 1).join();
  if (modifier === 'before-at') {
    return anyOf([equals(attribute, name), new ldap.SubstringFilter({ attribute, initial: `${name}@` })]);
  }
  return anyOf([equals(attribute, value), equals(attribute, name), equals(attribute, `${name}@${domain}`)]);
}
