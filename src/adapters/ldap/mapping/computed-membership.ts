import type { Filter } from 'ldapjs';
import { isOfTime } from '../protocol/time-filter.js';

/** Fields of the library's filters that its types do not declare. */
interface Part {
  readonly attribute?: string;
  readonly matchingRule?: string;
  readonly dnAttributes?: boolean;
  readonly clauses?: readonly Part[];
}

/**
 * Attributes stored in the entry itself: a changed value means a changed entry. All others may be computed at query
 * time: `memberOf` by overlays and plugins, `nsRole` and attributes from a class of service.
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

/** Bitwise matching rules for a stored number: all bits, or any. [MS-ADTS] 3.1.1.3.4.4. */
const RULES_OF_BITS = new Set(['1.2.840.113556.1.4.803', '1.2.840.113556.1.4.804']);

/** Whether an entry can start or stop matching without being changed. */
export const isComputed = (filter: Filter): boolean => isComputedPart(filter as unknown as Part);

function isComputedPart(part: Part): boolean {
  // Entries are queried again at that time.
  if (isOfTime(part)) return false;
  const { attribute, matchingRule: rule, dnAttributes, clauses = [] } = part;
  if (clauses.length > 0) return clauses.some(isComputedPart);
  if (dnAttributes || (rule !== undefined && rule !== '' && !RULES_OF_BITS.has(rule))) return true;
  const name = (attribute ?? '').split(';', 1).join().toLowerCase();
  return name !== '' && !STORED.has(name);
}
