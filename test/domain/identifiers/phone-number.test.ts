import fc from 'fast-check';
import { getCountries, getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import {
  internationalFormat,
  isE164,
  isRegion,
  patternOf,
  readPhoneNumber,
  type Region,
} from '../../../src/domain/identifiers/phone-number.js';
import { renumbered } from '../../../src/domain/identifiers/renumbering.js';

const read = (text: string, region?: Region) => readPhoneNumber(text, region)?.digits;

describe('a number from before its country renumbered', () => {
  it.each<[string, Region | undefined, string]>([
    ['+52 1 55 1234 5678', undefined, '525512345678'],
    ['+5215512345678', 'DE', '525512345678'],
    ['044 55 1234 5678', 'MX', '525512345678'],
    ['045 55 1234 5678', 'MX', '525512345678'],
    ['01 55 1234 5678', 'MX', '525512345678'],
    ['55 1234 5678', 'MX', '525512345678'],
    ['97 12 34 56', 'BJ', '2290197123456'],
    ['+229 97 12 34 56', undefined, '2290197123456'],
    ['01 97 12 34 56', 'BJ', '2290197123456'],
    ['8 90 123 45 67', 'UZ', '998901234567'],
    ['+57 1 234 5678', undefined, '576012345678'],
    ['(1) 234 56 78', 'CO', '576012345678'],
    ['+57 601 234 5678', undefined, '576012345678'],
    ['+57 310 123 4567', undefined, '573101234567'],
  ])('in the form %s (%s) is read as the current number', (text, region, digits) => {
    expect(read(text, region)).toBe(digits);
  });

  it('is skipped if it only begins like an international number', () => {
    expect([read('23418040123', 'NG'), read('2631312345', 'ZW')]).toEqual([undefined, undefined]);
  });
});

describe('a phone number as people write it', () => {
  it.each<[string, Region | undefined, string]>([
    ['+49 (0)221 555-1234', 'DE', '492215551234'],
    ['0221 / 555 12 34', 'DE', '492215551234'],
    // An area code alone can be as long as the shortest numbers.
    ['+49 33056/71234', undefined, '493305671234'],
    ['+49 (0)33056/71234', 'DE', '493305671234'],
    ['033056 / 712-34', 'DE', '493305671234'],
    ['+49 (33056) 71234', 'FR', '493305671234'],
    ['+49 (0) 38293 / 123', undefined, '4938293123'],
    ['0049 3581/71234', 'DE', '49358171234'],
    ['+43 5574/71234', undefined, '43557471234'],
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
    ['+49 221\u22125551234', 'DE', '492215551234'],
    ['+49\u2009221\u30005551234', 'DE', '492215551234'],
    ['\u202a+49 221 5551234\u202c', 'DE', '492215551234'],
    ['\u200e0221 5551234\u200f', 'DE', '492215551234'],
    ['\uff0b\uff14\uff19 \uff08\uff10\uff09\uff12\uff12\uff11\uff0f5551234', 'DE', '492215551234'],
    ['\u0660\u0661\u0660 \u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668', 'EG', '201012345678'],
    ['+\u06f9\u06f8 \u06f9\u06f1\u06f2 345 6789', undefined, '989123456789'],
    ['tel:+49-221-5551234', undefined, '492215551234'],
    ['(+49) 221 5551234', undefined, '492215551234'],
    ['(+49)(0)221/5551234', 'DE', '492215551234'],
    ['(0049) 221 5551234', 'DE', '492215551234'],
    ['0151 12345678 /', 'DE', '4915112345678'],
    ['06/12/34/56/78', 'FR', '33612345678'],
    ['(11) 91234-5678', 'BR', '5511912345678'],
    ['0 15 11 91234-5678', 'BR', '5511912345678'],
    ['011 15 2345-6789', 'AR', '5491123456789'],
    ['06 30 123 4567', 'HU', '36301234567'],
    ['0011 49 221 5551234', 'AU', '492215551234'],
    ['87012345678', 'KZ', '77012345678'],
    ['01534 123456', 'GB', '441534123456'],
    ['347 1234567', 'IT', '393471234567'],
    ['392 1234567', 'IT', '393921234567'],
    ['47 22 12 34', 'NO', '4747221234'],
    ['1701234567', 'DE', '491701234567'],
  ])('%j in %s is %s', (text, region, digits) => {
    expect(read(text, region)).toBe(digits);
  });

  it.each<[string, string, Region | undefined]>([
    ['an extension, because the number without it is a switchboard', '+49 221 5551234 ext. 7', 'DE'],
    ['an extension after a hash', '+49 221 5551234#7', 'DE'],
    ['an extension as a URI', 'tel:+492215551234;ext=7', 'DE'],
    ['a few digits', '1234', 'DE'],
    ['an emergency number', '110', 'DE'],
    ['no digits', 'n/a', 'DE'],
    ['nothing', '', 'DE'],
    ['two numbers', '0221 5551234; 0170 1234567', 'DE'],
    ['two numbers with a slash', '+49 221 5551234 / +49 170 1234567', 'DE'],
    ['two numbers that begin alike', '0221 12345/46', 'DE'],
    ['two numbers with a slash behind a long area code', '+49 33056 71234/35', 'DE'],
    ['two short numbers with a slash behind a long area code', '033056 123/124', 'DE'],
    ['two numbers with a slash behind a short area code', '+49 40 1234/35', undefined],
    ['a range', '0221 1234-12/-13', 'DE'],
    ['an extension in brackets', '0221 5551234 (12)', 'DE'],
    ['the number of another country, its plus missing: French', '33612345678', 'DE'],
    ['the number of another country, its plus missing: Swiss', '41 79 123 45 67', 'DE'],
    ['a digit missing after the calling code', '49151 1234567', 'DE'],
    ['a note', '0151 12345678 (privat)', 'DE'],
    ['a footnote', '0221 5551234\u00b2', 'DE'],
    ['a plus and a prefix for abroad', '+0049 221 5551234', 'DE'],
    ['a prefix that hides the caller', '#31#+492215551234', 'DE'],
    ['letters', '1-800-FLOWERS', 'US'],
    ['more digits than any number has', '+49 221 5551234 5551234 5551234', 'DE'],
    ['a calling code that is not assigned', '+999 1234567', undefined],
    ['no plus and no region', '492215551234', undefined],
    ['a trunk prefix and no region', '0221 5551234', undefined],
    ['a plus alone', '+', 'DE'],
    ['a line break with more', '+492215551234\n5', 'DE'],
  ])('is not valid with %s', (_case, text, region) => {
    expect(read(text, region)).toBeUndefined();
  });

  it.each([
    ['brackets', (length: number) => `1${'('.repeat(length)}1`],
    ['brackets behind a plus', (length: number) => `+1${'('.repeat(length)}`],
    ['slashes', (length: number) => `0221 5551234${'/1'.repeat(length)}`],
    ['blanks', (length: number) => `+49${' '.repeat(length)}2215551234`],
  ])('is not valid with too many %s, which are not read', (_case, write) => {
    expect(read(write(32_000), 'DE')).toBeUndefined();
    expect(read(`+49 221 5551234${' '.repeat(50)}`)).toBeUndefined();
  });

  it('is shown in international format, with its calling code', () => {
    expect(readPhoneNumber('0221 5551234', 'DE')).toEqual({ digits: '492215551234', callingCode: '49' });
    expect(internationalFormat('492215551234')).toBe('+49 221 5551234');
  });

  it('of an unknown number plan is accepted if it is dialled as written', () => {
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

  /** The result of the library alone. */
  const judged = (text: string): string | undefined => {
    const number = parsePhoneNumberFromString(text, { extract: false });
    const digits = number?.number.slice(1) ?? '';
    return number?.isPossible() && digits.length >= 7 && isE164(digits) ? digits : undefined;
  };

  it('is read like the library reads it, in every number plan, unless it was written before a renumbering', () => {
    fc.assert(
      fc.property(international, (text) => {
        fc.pre(renumbered(text, 'DE') === undefined);
        expect(read(text, 'DE')).toBe(judged(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('loses the prefix that its country writes only in national numbers', () => {
    expect(['+490221 5551234', '+44 07700 900123', '+1 1 212 555 0123'].map((text) => read(text))).toEqual([
      '492215551234',
      '447700900123',
      '12125550123',
    ]);
  });
});

describe('the E.164 format', () => {
  it.each(['18005552067', '6834002', '123456789012345'])('includes %s', (digits) => {
    expect(isE164(digits)).toBe(true);
  });

  it.each(['', '0221555123', '123456', '1234567890123456', '+18005552067', '1800 555', '12345678\n'])(
    'does not include %j',
    (digits) => {
      expect(isE164(digits)).toBe(false);
    },
  );
});

describe('a region code', () => {
  it.each(['DE', 'GB', 'US'])('may be %s', (text) => {
    expect(isRegion(text)).toBe(true);
  });

  it.each(['de', 'DEU', 'EU', '49', '', '__proto__', 'constructor'])('may not be %j', (text) => {
    expect(isRegion(text)).toBe(false);
  });
});

describe('the pattern of an invalid phone number', () => {
  it.each([
    ['+49 221 12345/46', '+## ### #####/##'],
    ['0170 123 (nur Büro)', '#### ### (xxx xxxx)'],
    ['\u0660\u0661\u0660', '###'],
    ['1'.repeat(40), `${'#'.repeat(30)}…`],
  ])('of %j is %s', (text, pattern) => {
    expect(patternOf(text)).toBe(pattern);
  });
});
