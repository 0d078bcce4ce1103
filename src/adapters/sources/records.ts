import { readPhoneNumber, type Region } from '../../domain/identifiers/phone-number.js';
import { type Threepid, tryThreepid } from '../../domain/identifiers/threepid.js';
import type { Association } from '../../source.js';

/** One row of a file: the cells of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Several addresses in one cell. */
const SEPARATOR = /[\s;|]+/;

/**
 * The associations of one row: `mxid`, and every column whose name begins with `email` (or `E-Mail`), `mail`,
 * `msisdn` or `phone`; `unlisted` marks who is told to nobody. Cells that are no address are left out, rows without a Matrix ID are none.
 */
export function associationsOf(row: Row, region?: Region): readonly Association[] {
  const mxid = cellText(row['mxid']);
  if (!mxid) return [];
  const mark = isYes(row['unlisted']) && { isUnlisted: true };
  return Object.entries(row).flatMap(([column, cell]) => {
    const read = readerOf(column, region);
    const threepids = read ? textsIn(cell).flatMap(read) : [];
    return threepids.map((threepid) => ({ threepid, mxid, ...mark }));
  });
}

/** Whether anything is made of a column. */
export const isRead = (column: string): boolean =>
  column === 'mxid' || column === 'unlisted' || isAddressColumn(column);

export const isAddressColumn = (column: string): boolean => readerOf(column) !== undefined;

/** A cell without what a column of a fixed width adds, and what a spreadsheet puts around a number to keep its zeros: `="0170…"`. */
export function cellText(cell: unknown): string {
  if (typeof cell === 'number' || typeof cell === 'bigint') return String(cell);
  if (typeof cell !== 'string') return '';
  const text = cell.trim();
  return /^="(.*)"$/s.exec(text)?.[1]?.trim() ?? text;
}

/** Whether a cell marks its row, in one of the ways in which people do. */
export const isYes = (cell: unknown): boolean => cell === true || /^(?:true|t|yes|y|ja|j|x|1)$/i.test(cellText(cell));

function readerOf(column: string, region?: Region): ((cell: string) => readonly Threepid[]) | undefined {
  const name = column.toLowerCase().replace(/[^a-z]/g, '');
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

const textsIn = (cell: unknown): readonly string[] => (Array.isArray(cell) ? cell : [cell]).map(cellText);
