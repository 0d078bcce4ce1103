import { readPhoneNumber, type Region } from '../../domain/identifiers/phone-number.js';
import { type Threepid, tryThreepid } from '../../domain/identifiers/threepid.js';
import type { Association } from '../../source.js';

/** One row of a file: the cells of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Several addresses in one cell. */
const SEPARATOR = /[\s;|]+/;

/**
 * The associations of one row: `mxid`, and every column whose name begins with `email`, `mail`,
 * `msisdn` or `phone`. Cells that are no address are left out, rows without a Matrix ID are none.
 */
export function associationsOf(row: Row, region?: Region): readonly Association[] {
  const { mxid } = row;
  if (typeof mxid !== 'string' || mxid.trim() === '') return [];
  return Object.entries(row).flatMap(([column, cell]) => {
    const read = readerOf(column, region);
    const threepids = read ? textsIn(cell).flatMap(read) : [];
    return threepids.map((threepid) => ({ threepid, mxid: mxid.trim() }));
  });
}

export const isAddressColumn = (column: string): boolean => readerOf(column) !== undefined;

function readerOf(column: string, region?: Region): ((cell: string) => readonly Threepid[]) | undefined {
  const name = column.trim().toLowerCase();
  if (name.startsWith('email') || name.startsWith('mail')) {
    return (cell) => cell.split(SEPARATOR).flatMap((text) => tryThreepid('email', text) ?? []);
  }
  if (!name.startsWith('msisdn') && !name.startsWith('phone')) return undefined;
  // Numbers have blanks within.
  return (cell) => cell.split(/[;|]/).flatMap((text) => phone(text.trim(), region) ?? []);
}

/** As people write it; without a region bare digits are those of an international number. */
export function phone(text: string, region?: Region): Threepid | undefined {
  const digits = readPhoneNumber(text, region)?.digits ?? (region === undefined ? text : '');
  return tryThreepid('msisdn', digits);
}

const textsIn = (cell: unknown): readonly string[] =>
  (Array.isArray(cell) ? cell : [cell]).flatMap((one: unknown) =>
    typeof one === 'string' || typeof one === 'number' ? String(one) : [],
  );
