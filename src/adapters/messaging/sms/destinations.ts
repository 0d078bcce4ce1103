import { isPremiumNumber } from '../../../domain/identifiers/phone-number.js';
import { forDestination, type PerDestination } from './originators.js';

/** By calling code, `default`, `satellite` and `premium`. */
export type DestinationRules = PerDestination<'allow' | 'reject'>;

/** What belongs to no country, and costs euros a message: Inmarsat, personal numbers, GMSS, international networks. */
const SATELLITE = /^(?:870|878|881|882|883)/;

/** Whether text messages are sent to this number. @param digits E.164 without the plus */
export function isDestination(digits: string, rules: DestinationRules): boolean {
  if (isPremiumNumber(digits) && rules['premium'] !== 'allow') return false;
  if (SATELLITE.test(digits) && rules['satellite'] !== 'allow') {
    const { default: _, ...byCode } = rules;
    const isNamed = (code: string) => code.length >= 3 && digits.startsWith(code);
    return Object.keys(byCode).some(isNamed) && forDestination(digits, byCode) === 'allow';
  }
  return forDestination(digits, rules) !== 'reject';
}
