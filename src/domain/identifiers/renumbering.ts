interface Renumbering {
  readonly region: string;
  /** Digits of the former form, with a plus if the calling code is included. */
  readonly former: RegExp;
  /** The current number, E.164 digits. */
  readonly current: string;
}

/**
 * Former forms of numbers, still found in address books, from before a country changed its numbering plan. They are
 * unambiguous: no current number has such a form, and current libraries reject them.
 */
const renumberings: readonly Renumbering[] = [
  // Since August 2019 there is no 1 after the calling code, and no 01, 044 or 045 before the number.
  { region: 'MX', former: /^(?:\+521|01|044|045)([2-9]\d{9})$/, current: '52$1' },
  // Since November 2024 every number has 01 before its former eight digits.
  { region: 'BJ', former: /^(?:\+229)?([24-69]\d{7})$/, current: '22901$1' },
  // Since September 2021 fixed-line numbers have 60 before their former eight digits.
  { region: 'CO', former: /^(?:\+57)?([1245678]\d{7})$/, current: '5760$1' },
  // The trunk prefix 8 is no longer dialled.
  { region: 'UZ', former: /^8(\d{9})$/, current: '998$1' },
];

/**
 * The current form of a number in a former form: `+52 1 55 1234 5678` becomes `525512345678`.
 *
 * @param written in ASCII, with or without a plus
 * @param region used if there is no plus
 */
export function renumbered(written: string, region: string | undefined): string | undefined {
  const isInternational = written.startsWith('+');
  if (!isInternational && !renumberings.some((entry) => entry.region === region)) return undefined;
  if (isInternational && !/^\+(?:52|57|229)/.test(written)) return undefined;
  const digits = `${isInternational ? '+' : ''}${written.replace(/\D/g, '')}`;
  for (const { region: country, former, current } of renumberings) {
    if (!isInternational && country !== region) continue;
    if (former.test(digits)) return digits.replace(former, current);
  }
  return undefined;
}

interface Readings {
  readonly reading: RegExp;
  /** The same number according to older or newer numbering tables, E.164 digits. */
  readonly other: string;
}

const readings: readonly Readings[] = [
  { reading: /^52([2-9]\d{9})$/, other: '521$1' },
  { reading: /^521([2-9]\d{9})$/, other: '52$1' },
  { reading: /^22901([24-69]\d{7})$/, other: '229$1' },
  { reading: /^229([24-69]\d{7})$/, other: '22901$1' },
  { reading: /^5760([1245678]\d{7})$/, other: '57$1' },
  { reading: /^57([1245678]\d{7})$/, other: '5760$1' },
];

/**
 * The same number as parsed by software with older or newer tables: homeservers hash the result of their own tables.
 * Neither form is used for another number.
 *
 * @param digits E.164 without the plus
 */
export function otherReading(digits: string): string | undefined {
  const found = readings.find(({ reading }) => reading.test(digits));
  return found && digits.replace(found.reading, found.other);
}
