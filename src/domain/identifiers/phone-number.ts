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

/** A two-letter region that the numbering plans know, such as `DE`. */
export type Region = CountryCode;

export interface ReadNumber {
  /** E.164 digits without the plus. */
  readonly digits: string;
  /** The country calling code, digits only. */
  readonly callingCode: string;
}

/** Niue's numbers, the shortest in the world, have seven digits with their calling code. */
const SHORTEST = 7;
const WRITTEN = /^\+?[\d ().\-/]+$/;
/** Far longer than any number is written, so that nothing longer has to be looked at. */
const LONGEST_WRITTEN = 64;
const LONGEST_PATTERN = 30;
/** Where another number, or an extension, may begin. */
const SET_OFF = /[/(]/g;
/** Area codes have no more digits. */
const LONGEST_AREA_CODE = 5;

const plans = new Metadata();

export const isRegion = (text: string): text is Region => isSupportedCountry(text);

/** Whether these are the digits of an international number, the calling code first. */
export const isE164 = (digits: string): boolean => /^[1-9]\d{6,14}$/.test(digits);

/**
 * Reads a number as a person or a directory writes it, from the point of view of `region`.
 * `undefined` for what is no number, more than one (`12345/46`), has an extension (the switchboard is
 * not the person), can be read two ways, or is longer than 64 characters.
 *
 * Possible is enough where the number is written as it is dialled (a plus, the trunk prefix of its
 * country) or has one reading only: number plans age faster than servers. Validity chooses between two:
 * `492215551234` in Germany is +49 221 5551234 and not the also valid +49 492 215551234.
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

/** Whether this is as long as a number can be, and nobody has it: `+49 33056` is a town, and `+49 221 12345` somebody in Cologne. */
const isAreaCode = ({ digits, callingCode }: ReadNumber): boolean =>
  digits.length - callingCode.length <= LONGEST_AREA_CODE && !parse(`+${digits}`, undefined)?.isValid();

/**
 * What a value that is not taken looks like, without saying it: `+49 33056/71234 Büro` is `+## #####/##### xxxx`.
 * Cut where it is longer than anybody writes.
 */
export function patternOf(text: string): string {
  const pattern = text
    .slice(0, LONGEST_PATTERN)
    .replace(/\p{N}/gu, '#')
    .replace(/[^\s#+()./\-,;:]/gu, 'x');
  return text.length > LONGEST_PATTERN ? `${pattern}…` : pattern;
}

/** In ASCII, without what people and programs put around a number: `tel:`, brackets, marks of direction. */
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
    // Either plus and calling code are missing, or the trunk prefix is; `+41 79 …` in Germany is not 041 79….
    const isForeign = international?.isPossible() || valid(parse(`+${digits}`, region)) !== undefined;
    return isForeign ? undefined : accept(valid(home));
  }
  // Digits that begin like an international number and are none of today's in either reading are nobody's.
  if (!abroad) return accept(digits.startsWith(plan.callingCode) ? valid(home) : home);
  return valid(home) ? undefined : accept(abroad);
}

/**
 * What the library reads in digits behind a plus, at a tenth of its cost: directories have a hundred
 * thousand of them. `undefined` also for what only the library can judge.
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

/** E.164 digits as people of their country write them for abroad: `+49 221 5551234`. */
export const internationalFormat = (digits: string): string =>
  parse(`+${digits}`, undefined)?.formatInternational() ?? `+${digits}`;

/** International premium rate and shared cost, which belong to no country. */
const PREMIUM_CODES = /^(?:808|979)/;

/** Whether whoever calls or writes to this number pays its owner, or a share of it. @param digits E.164 without the plus */
export function isPremiumNumber(digits: string): boolean {
  const type = parse(`+${digits}`, undefined)?.getType();
  return PREMIUM_CODES.test(digits) || type === 'PREMIUM_RATE' || type === 'SHARED_COST';
}

interface Plan {
  readonly callingCode: string;
  /** What is dialled before a number of another country, at the start of the digits. */
  readonly dialsAbroad: RegExp;
  /** How many digits a number can have after the calling code. */
  readonly lengths: readonly number[];
  /** The start of national numbers that are written otherwise when dialled from abroad, e.g. without a 0. */
  readonly rewritten: RegExp | undefined;
}

/** Typed as an empty object, although the methods are documented. */
interface Numbering {
  callingCode(): string;
  IDDPrefix(): string;
  possibleLengths(): readonly number[] | undefined;
  nationalPrefixForParsing(): string | undefined;
}

const known = new Map<string, Plan>();

/** @param country a region, or a calling code that there is */
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

/** Those of one country each: where several share one, their plans differ. */
const callingCodes: ReadonlySet<string> = new Set(
  [...groupBy(getCountries(), (country) => getCountryCallingCode(country))]
    .filter(([, countries]) => countries.length === 1)
    .map(([code]) => code),
);

/** The plan of the calling code these digits begin with: none is the beginning of another. */
function planFor(digits: string): Plan | undefined {
  const code = [1, 2, 3].map((length) => digits.slice(0, length)).find((start) => callingCodes.has(start));
  return code === undefined ? undefined : planOf(code);
}
