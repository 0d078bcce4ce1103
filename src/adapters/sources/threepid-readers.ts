import { isRegion, readPhoneNumber } from '../../domain/identifiers/phone-number.js';
import { tryThreepid } from '../../domain/identifiers/threepid.js';
import type { ThreepidReaders } from '../../source.js';

/** Parses addresses in the same way as the rest of Islet. */
export const threepidReaders: ThreepidReaders = {
  email: (text) => tryThreepid('email', text),
  msisdn: (digits) => tryThreepid('msisdn', digits),
  readPhoneNumber(text, region) {
    if (region !== undefined && !isRegion(region))
      throw new Error(`${region} is not a country code that has phone numbers`);
    const number = readPhoneNumber(text, region);
    return number && tryThreepid('msisdn', number.digits);
  },
};
