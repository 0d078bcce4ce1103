import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/max';
import { renumbered } from './renumbering.js';
import { groupBy } from '../shared/group-by.js';

/** A two-letter region of the numbering plans, such as `DE`. */
export type Region = CountryCode;

export interface ReadNumber {
  /** E.164 digits without the plus. */
  readonly digits: string;
  /** The country calling code, digits only. */
  readonly callingCode: string;
}

/** Niue's numbers, the shortest in the world, have seven digits including the calling code. */
const SHORTEST = 7;
const WRITTEN = /^\+?[\d ().\-/]+$/;
/** Far longer than any written number; longer text is not examined. */
const LONGEST_WRITTEN = 64;
const LONGEST_PATTERN = 30;
/** Characters after which another number, or an extension, may begin. */
const SET_OFF = /[/(]/g;
/** The maximum length of area codes. */
const LONGEST_AREA_CODE = 5;

const plans = new Metadata();

export const isRegion = (text: string): text is Region => isSupportedCountry(text);

/** Whether these are the digits of an international number, starting with the calling code. */
export const isE164 = (digits: string): boolean => /^[1-9]\d{6,14}$/.test(digits);

/**
 * Parses a number as a person or a directory writes it, from the point of view of `region`. `undefined` for text that
 * is not a number, contains more than one (`12345/46`), has an extension (the switchboard does not identify the
 * person), is ambiguous, or is longer than 64 characters.
 *
 * It is enough that the number is possible if it is written in dialling form (with a plus, or the trunk prefix of its
 * country), or has only one reading: numbering plans change faster than servers are updated. If there are two readings,
 * validity decides: `492215551234` in Germany is +49 221 5551234 and not +49 492 215551234, although both are valid.
 */
export function readPhoneNumber(text: string, region?: Region): ReadNumber | undefined {
  if (text.length > LONGEST_WRITTEN) return undefined;
  const written = plain(text);
  if (!WRITTEN.test(written)) return undefined;
  const digitsEnd = written.search(/\d\D*$/);
  for (const { index } of written.matchAll(SET_OFF)) {
    if (index >= digitsEnd) break;
    const before = readWhole(written.slice(0, index), region);
    if (before && !isAreaCode(before)) return undefined;
  }
  return readWhole(written, region);
}

/**
 * Whether the digits are only an area code, not a valid number: `+49 33056` is a town, while `+49 221 12345` is a
 * subscriber in Cologne.
 */
const isAreaCode = ({ digits, callingCode }: ReadNumber): boolean =>
  digits.length - callingCode.length <= LONGEST_AREA_CODE && !parse(`+${digits}`, undefined)?.isValid();

/**
 * The pattern of a skipped value, without its content: `+49 33056/71234 Büro` becomes `+## #####/##### xxxx`. Very long
 * values are cut off.
 */
export function patternOf(text: string): string {
  const pattern = text
    .slice(0, LONGEST_PATTERN)
    .replace(/\p{N}/gu, '#')
    .replace(/[^\s#+()./\-,;:]/gu, 'x');
  return text.length > LONGEST_PATTERN ? `${pattern}…` : pattern;
}

/** Converts to ASCII and removes what people and programs put around a number: `tel:`, brackets, direction marks. */
function plain(text: string): string {
  const ascii = /^[\x20-\x7e]*$/.test(text)
    ? text
    : text
        .replace(/\p{Cf}/gu, '')
        .replace(/[\p{Zs}\t]/gu, ' ')
        .replace(/[\p{Pd}\u2212]/gu, '-')
        .replace(/[\uff01-\uff5e]/g, (wide) => wide.normalize('NFKC'))
        .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => `${digit.charCodeAt(0) & 0xf}`);
  return ascii
    .trim()
    .replace(/^tel: */i, '')
    .replace(/^\((\+\d+)\)/, '$1 ');
}

function readWhole(written: string, region: Region | undefined): ReadNumber | undefined {
  const current = renumbered(written, region);
  if (current !== undefined) return accept(parse(`+${current}`, region));
  if (written.startsWith('+')) return readInternational(written) ?? accept(parse(written, region));
  if (region === undefined) return undefined;

  const plan = planOf(region);
  const digits = written.replace(/\D/g, '');
  const home = parse(written, region);
  const international = digits.startsWith(plan.callingCode) ? parse(`+${digits}`, region) : undefined;
  if (home && home.number === international?.number) return accept(home);

  const abroad = valid(international);
  const isDialled = plan.dialsAbroad.test(digits) || home?.formatNational().replace(/\D/g, '') === digits;
  if (!isDialled) {
    if (abroad) return accept(abroad);
    // Either the plus and the calling code are missing, or the trunk prefix is; `+41 79 …` in Germany is not 041 79….
    const isForeign = international?.isPossible() || valid(parse(`+${digits}`, region)) !== undefined;
    return isForeign ? undefined : accept(valid(home));
  }
  // Digits that begin like an international number but are not a valid number in either reading are rejected.
  if (!abroad) return accept(digits.startsWith(plan.callingCode) ? valid(home) : home);
  return valid(home) ? undefined : accept(abroad);
}

/**
 * Parses digits after a plus like the library, at a tenth of its cost: directories have a hundred thousand numbers.
 * `undefined` also if only the library can decide.
 */
function readInternational(written: string): ReadNumber | undefined {
  const digits = written.replaceAll(' ', '').slice(1);
  if (digits.length < SHORTEST || !isE164(digits)) return undefined;
  const plan = planFor(digits);
  if (!plan) return undefined;
  const national = digits.slice(plan.callingCode.length);
  if (!plan.lengths.includes(national.length) || plan.rewritten?.test(national)) return undefined;
  return { digits, callingCode: plan.callingCode };
}

const parse = (text: string, region: Region | undefined) =>
  parsePhoneNumberFromString(text, { ...(region && { defaultCountry: region }), extract: false });

const valid = (number: PhoneNumber | undefined) => (number?.isValid() ? number : undefined);

function accept(number: PhoneNumber | undefined): ReadNumber | undefined {
  if (!number?.isPossible() || number.ext !== undefined) return undefined;
  const digits = number.number.slice(1);
  if (digits.length < SHORTEST || !isE164(digits)) return undefined;
  return { digits, callingCode: number.countryCallingCode };
}

/** E.164 digits in the usual international format of their country: `+49 221 5551234`. */
export const internationalFormat = (digits: string): string =>
  parse(`+${digits}`, undefined)?.formatInternational() ?? `+${digits}`;

/** International premium rate and shared cost numbers, which do not belong to a country. */
const PREMIUM_CODES = /^(?:808|979)/;

/** Whether callers or senders to this number pay its owner, fully or in part. @param digits E.164 without the plus */
export function isPremiumNumber(digits: string): boolean {
  const type = parse(`+${digits}`, undefined)?.getType();
  return PREMIUM_CODES.test(digits) || type === 'PREMIUM_RATE' || type === 'SHARED_COST';
}

interface Plan {
  readonly callingCode: string;
  /** The prefix for dialling a number of another country, at the start of the digits. */
  readonly dialsAbroad: RegExp;
  /** The possible numbers of digits after the calling code. */
  readonly lengths: readonly number[];
  /** The start of national numbers that are written differently when dialled from abroad, e.g. without a 0. */
  readonly rewritten: RegExp | undefined;
}

/** The library declares an empty object type, although the methods are documented. */
interface Numbering {
  callingCode(): string;
  IDDPrefix(): string;
  possibleLengths(): readonly number[] | undefined;
  nationalPrefixForParsing(): string | undefined;
}

const known = new Map<string, Plan>();

/** @param country a region, or an existing calling code */
function planOf(country: string): Plan {
  let plan = known.get(country);
  if (!plan) {
    plans.selectNumberingPlan(country as Region);
    const numbering = plans.numberingPlan as unknown as Numbering;
    const prefix = numbering.nationalPrefixForParsing();
    plan = {
      callingCode: numbering.callingCode(),
      dialsAbroad: new RegExp(`^(?:${numbering.IDDPrefix()})`),
      lengths: numbering.possibleLengths() ?? [],
      rewritten: prefix ? new RegExp(`^(?:${prefix})`) : undefined,
    };
    known.set(country, plan);
  }
  return plan;
}

/** Calling codes used by one country only: countries that share a calling code have different plans. */
const callingCodes: ReadonlySet<string> = new Set(
  [...groupBy(getCountries(), (country) => getCountryCallingCode(country))]
    .filter(([, countries]) => countries.length === 1)
    .map(([code]) => code),
);

/** The plan of the calling code at the start of these digits. No calling code is a prefix of another. */
function planFor(digits: string): Plan | undefined {
  const code = [1, 2, 3].map((length) => digits.slice(0, length)).find((start) => callingCodes.has(start));
  return code === undefined ? undefined : planOf(code);
}
