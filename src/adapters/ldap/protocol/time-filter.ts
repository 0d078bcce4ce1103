import ldap, { type Filter } from 'ldapjs';
import { DAY_MS } from '../../../domain/shared/durations.js';
import { allOf } from './filter-builder.js';

/** Placeholder in a filter for the time of the search. */
export const NOW = '{now}';

/** Fields of the library's filters that its types do not declare. */
interface Described {
  readonly type: string;
  readonly attribute: string;
  readonly value: string;
  readonly clauses?: readonly Filter[];
}

type Comparison = typeof ldap.GreaterThanEqualsFilter | typeof ldap.LessThanEqualsFilter;

/** Comparisons with the current time, with the attribute of each. */
const compared = new WeakMap<object, string>();

/** Compares an attribute with the time of the search, which is read for each search. @param now ms since the epoch */
export function timeFilter(Compare: Comparison, attribute: string, now: () => number): Filter {
  const filter = new Compare({ attribute, value: NOW });
  Object.defineProperty(filter, 'value', { get: () => timeText(attribute, now()) });
  compared.set(filter, attribute);
  return filter;
}

/** Whether the result of a filter depends only on the entry and the time. */
export const isOfTime = (filter: object): boolean => compared.has(filter);

/** The attributes that a filter compares with the current time. */
export function timedAttributes(filter: Filter): readonly string[] {
  const { clauses = [] } = filter as unknown as Described;
  const own = compared.get(filter);
  return [...new Set([...(own === undefined ? [] : [own]), ...clauses.flatMap(timedAttributes)])];
}

/** The filter with the current time filled in: all pages of a search must use the same filter. */
export function atThisTime(filter: Filter): Filter {
  if (timedAttributes(filter).length === 0) return filter;
  const { type, clauses = [], attribute, value } = filter as unknown as Described;
  const parts = clauses.map(atThisTime);
  if (type === 'AndFilter') return new ldap.AndFilter({ filters: parts });
  if (type === 'OrFilter') return new ldap.OrFilter({ filters: parts });
  const [negated] = parts;
  if (negated) return new ldap.NotFilter({ filter: negated });
  const Compare = type === 'LessThanEqualsFilter' ? ldap.LessThanEqualsFilter : ldap.GreaterThanEqualsFilter;
  return new Compare({ attribute, value });
}

/** Matches entries whose time in this attribute has passed since `since`. @param since ms since the epoch */
export const passedSince = (attribute: string, since: number, now: number): Filter =>
  allOf(
    new ldap.GreaterThanEqualsFilter({ attribute, value: timeText(attribute, since) }),
    new ldap.LessThanEqualsFilter({ attribute, value: timeText(attribute, now) }),
  );

/** From 1601, the Windows epoch, to 1970. */
const WINDOWS_EPOCH_MS = 11_644_473_600_000n;

/** Intervals of 100 ns since 1601. [MS-ADA1], [MS-ADA2] */
const WINDOWS = ['accountexpires', 'badpasswordtime', 'lastlogon', 'lastlogontimestamp', 'lockouttime', 'pwdlastset'];
/** Days since the epoch. RFC 2307 */
const DAYS = ['shadowexpire', 'shadowlastchange'];
/** Seconds since the epoch: schema of Samba before it became a domain controller. */
const SECONDS = ['sambakickofftime', 'sambapwdmustchange', 'sambalogofftime', 'sambapwdlastset'];

/** Generalized time in Active Directory. Samba 4.17.12 reads it as 1970 if it has no fraction. */
const WITH_FRACTION = ['msds-entry-time-to-die', 'whenchanged', 'whencreated'];

/** A time in the format of the attribute. The default is generalized time, RFC 4517, 3.3.13. */
function timeText(attribute: string, ms: number): string {
  const name = attribute.toLowerCase();
  const time = Math.floor(ms);
  if (WINDOWS.includes(name)) return String((BigInt(time) + WINDOWS_EPOCH_MS) * 10_000n);
  if (DAYS.includes(name)) return String(Math.floor(time / DAY_MS));
  if (SECONDS.includes(name)) return String(Math.floor(time / 1_000));
  const text = generalizedTime(time);
  return WITH_FRACTION.includes(name) ? text.replace('Z', '.0Z') : text;
}

/** RFC 4517, 3.3.13. */
export const generalizedTime = (ms: number): string => new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
