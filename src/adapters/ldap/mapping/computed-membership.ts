import type { Filter } from 'ldapjs';
import { isOfTime } from '../protocol/time-filter.js';

/** What the library's filters hold and its types do not say. */
interface Part {
  readonly attribute?: string;
  readonly matchingRule?: string;
  readonly dnAttributes?: boolean;
  readonly clauses?: readonly Part[];
}

/**
 * Attributes that are kept with the entry, so that the entry has changed when they have. Every other may be computed when it is asked
 * for: `memberOf` by overlays and plugins, `nsRole` and what follows from a class of service.
 */
const STORED = new Set([
  'objectclass',
  'objectcategory',
  'uid',
  'cn',
  'sn',
  'givenname',
  'displayname',
  'mail',
  'proxyaddresses',
  'telephonenumber',
  'mobile',
  'samaccountname',
  'samaccounttype',
  'useraccountcontrol',
  'userprincipalname',
  'uidnumber',
  'gidnumber',
]);

/** Bits of a stored number: all of them, or any. [MS-ADTS] 3.1.1.3.4.4. */
const RULES_OF_BITS = new Set(['1.2.840.113556.1.4.803', '1.2.840.113556.1.4.804']);

/** Whether who is let through can change without any change of the entry. */
export const isComputed = (filter: Filter): boolean => isComputedPart(filter as unknown as Part);

function isComputedPart(part: Part): boolean {
  // When the time comes, the entry is asked for.
  if (isOfTime(part)) return false;
  const { attribute, matchingRule: rule, dnAttributes, clauses = [] } = part;
  if (clauses.length > 0) return clauses.some(isComputedPart);
  if (dnAttributes || (rule !== undefined && rule !== '' && !RULES_OF_BITS.has(rule))) return true;
  const name = (attribute ?? '').split(';', 1).join().toLowerCase();
  return name !== '' && !STORED.has(name);
}
