import { DomainError } from '../shared/errors.js';
import { readPhoneNumber } from './phone-number.js';
import { msisdn, type Threepid, tryThreepid } from './threepid.js';

const NO_MAILBOX = 'This is not an email address: write only the address, such as alice@example.org';
const NEITHER =
  'This is neither an email address nor a phone number with its calling code and without extension, such as +49 221 5551234';

/**
 * Parses an address typed by an operator: an email address, or a phone number with its calling code. The plus may be
 * missing or written as 00.
 *
 * @throws DomainError `invalid_email` or `invalid_address`
 */
export function threepidFrom(text: string): Threepid {
  const address = text.trim();
  if (address.includes('@')) {
    const email = tryThreepid('email', address);
    if (!email) throw new DomainError('invalid_email', { message: NO_MAILBOX });
    return email;
  }
  const number = readPhoneNumber(address) ?? readPhoneNumber(`+${address.replace(/^00/, '')}`);
  if (!number) throw new DomainError('invalid_address', { message: NEITHER });
  return msisdn(number.digits);
}
