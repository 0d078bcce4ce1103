import { isPremiumNumber } from '../../../domain/identifiers/phone-number.js';
import { forDestination, type PerDestination } from './originators.js';

/** By calling code, or `default`, `satellite` and `premium`. */
export type DestinationRules = PerDestination<'allow' | 'reject'>;

/** Numbers outside of any country, which are expensive: Inmarsat, personal numbers, GMSS, international networks. */
const SATELLITE = /^(?:870|878|881|882|883)/;

/** Whether text messages to this number are allowed. @param digits E.164 without the plus */
export function isDestination(digits: string, rules: DestinationRules): boolean {
  if (isPremiumNumber(digits) && rules['premium'] !== 'allow') return false;
  if (SATELLITE.test(digits) && rules['satellite'] !== 'allow') {
    const { default: _, ...byCode } = rules;
    const isNamed = (code: string) => code.length >= 3 && digits.startsWith(code);
    return Object.keys(byCode).some(isNamed) && forDestination(digits, byCode) === 'allow';
  }
  return forDestination(digits, rules) !== 'reject';
}
