import fc from 'fast-check';
import { getCountries, getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { internationalFormat, isE164, isRegion, readPhoneNumber, type Region } from '../../src/domain/phone-number.js';

const read = (text: string, region?: Region) => readPhoneNumber(text, region)?.digits;

describe('a phone number as people write it', () => {
  it.each<[string, Region | undefined, string]>([
    ['+49 (0)221 555-1234', 'DE', '492215551234'],
    ['0221 / 555 12 34', 'DE', '492215551234'],
    ['0049 221 5551234', 'DE', '492215551234'],
    ['492215551234', 'DE', '492215551234'],
    ['49 (0)345 279580', 'DE', '49345279580'],
    ['+492215551234', undefined, '492215551234'],
    ['+49 221 5551234', 'US', '492215551234'],
    ['011 49 221 5551234', 'US', '492215551234'],
    ['(800) 555-2067', 'US', '18005552067'],
    ['18005552067', 'US', '18005552067'],
    ['1 800 555 2067', 'US', '18005552067'],
    ['07700 900001', 'GB', '447700900001'],
    ['447700900001', 'GB', '447700900001'],
    ['06 12 34 56 78', 'FR', '33612345678'],
    ['06 12345678', 'NL', '31612345678'],
    ['02 1234 5678', 'IT', '390212345678'],
    ['8 912 345-67-89', 'RU', '79123456789'],
    ['+683 4002', undefined, '6834002'],
    ['  +49\u00a0221\u202f5551234 ', 'DE', '492215551234'],
    ['+49–221–5551234', 'DE', '492215551234'],
    ['+49.221.5551234', 'DE', '492215551234'],
  ])('%j in %s is %s', (text, region, digits) => {
    expect(read(text, region)).toBe(digits);
  });

  it.each<[string, string, Region | undefined]>([
    ['an extension: the switchboard is not the person', '+49 221 5551234 ext. 7', 'DE'],
    ['an extension after a hash', '+49 221 5551234#7', 'DE'],
    ['an extension as a URI', 'tel:+492215551234;ext=7', 'DE'],
    ['a few digits', '1234', 'DE'],
    ['an emergency number', '110', 'DE'],
    ['no digits', 'n/a', 'DE'],
    ['nothing', '', 'DE'],
    ['two numbers', '0221 5551234; 0170 1234567', 'DE'],
    ['two numbers with a slash', '+49 221 5551234 / +49 170 1234567', 'DE'],
    ['letters', '1-800-FLOWERS', 'US'],
    ['more digits than there can be', '+49 221 5551234 5551234 5551234', 'DE'],
    ['a calling code of nobody', '+999 1234567', undefined],
    ['no plus and no region', '492215551234', undefined],
    ['a trunk prefix and no region', '0221 5551234', undefined],
    ['a plus alone', '+', 'DE'],
    ['a line break with more', '+492215551234\n5', 'DE'],
  ])('is none with %s', (_case, text, region) => {
    expect(read(text, region)).toBeUndefined();
  });

  it('is told as people write it for abroad, and with its calling code', () => {
    expect(readPhoneNumber('0221 5551234', 'DE')).toEqual({ digits: '492215551234', callingCode: '49' });
    expect(internationalFormat('492215551234')).toBe('+49 221 5551234');
  });

  it('that is new in its number plan is taken where it is dialled as written', () => {
    expect(read('+44 7700 900123')).toBe('447700900123');
    expect(read('07700 900123', 'GB')).toBe('447700900123');
  });
});

describe('a phone number with a plus', () => {
  const callingCodes = [
    ...new Set(getCountries().map((country) => getCountryCallingCode(country))),
    '800',
    '870',
    '979',
    '999',
    '21',
  ];
  const international = fc
    .tuple(fc.constantFrom(...callingCodes), fc.stringMatching(/^[0-9]( ?[0-9]){3,14}$/))
    .map(([code, national]) => `+${code} ${national}`);

  /** What the library alone makes of it. */
  const judged = (text: string): string | undefined => {
    const number = parsePhoneNumberFromString(text, { extract: false });
    const digits = number?.number.slice(1) ?? '';
    return number?.isPossible() && digits.length >= 7 && isE164(digits) ? digits : undefined;
  };

  it('is read like the library reads it, in every number plan', () => {
    fc.assert(
      fc.property(international, (text) => {
        expect(read(text, 'DE')).toBe(judged(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('loses what its country writes only at home', () => {
    expect(['+490221 5551234', '+44 07700 900123', '+1 1 212 555 0123'].map((text) => read(text))).toEqual([
      '492215551234',
      '447700900123',
      '12125550123',
    ]);
  });
});

describe('E.164', () => {
  it.each(['18005552067', '6834002', '123456789012345'])('has %s', (digits) => {
    expect(isE164(digits)).toBe(true);
  });

  it.each(['', '0221555123', '123456', '1234567890123456', '+18005552067', '1800 555', '12345678\n'])(
    'has not %j',
    (digits) => {
      expect(isE164(digits)).toBe(false);
    },
  );
});

describe('a region', () => {
  it.each(['DE', 'GB', 'US'])('is %s', (text) => {
    expect(isRegion(text)).toBe(true);
  });

  it.each(['de', 'DEU', 'EU', '49', '', '__proto__', 'constructor'])('is not %j', (text) => {
    expect(isRegion(text)).toBe(false);
  });
});
