import { Refused } from '../../domain/errors.js';
import { readPhoneNumber } from '../../domain/phone-number.js';
import { email, msisdn, type Threepid } from '../../domain/threepid.js';

const NEITHER =
  'This is neither an email address nor a phone number with its calling code and without extension, such as +49 221 5551234';

/**
 * An address as an operator types it: an email address, or a phone number with its calling code,
 * whose plus may be missing.
 *
 * @throws Refused `invalid_email` or `invalid_address`
 */
export function threepidFrom(text: string): Threepid {
  const address = text.trim();
  if (address.includes('@')) return email(address);
  const number = readPhoneNumber(address.startsWith('+') ? address : `+${address}`);
  if (!number) throw new Refused('invalid_address', { message: NEITHER });
  return msisdn(number.digits);
}
