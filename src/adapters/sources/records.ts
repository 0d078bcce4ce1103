import { readPhoneNumber, type Region } from '../../domain/identifiers/phone-number.js';
import { type Threepid, tryThreepid } from '../../domain/identifiers/threepid.js';
import type { Association } from '../../source.js';

/** One row of a file: cells by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** Separators between several addresses in one cell. */
const SEPARATOR = /[\s;|]+/;

/**
 * The associations of one row: `mxid`, and every column whose name begins with `email` (or `E-Mail`), `mail`, `msisdn`
 * or `phone`; `unlisted` marks people who are never returned by a lookup. Invalid addresses are skipped, and so are
 * rows without a Matrix user ID.
 *
 * @param attributes what is searched of the person
 */
export function associationsOf(row: Row, region?: Region, attributes?: Row): readonly Association[] {
  const mxid = cellText(row['mxid']);
  if (!mxid) return [];
  const mark = { ...(isYes(row['unlisted']) && { isUnlisted: true }), ...(attributes && { attributes }) };
  return Object.entries(row).flatMap(([column, cell]) => {
    const read = readerOf(column, region);
    const threepids = read ? textsIn(cell).flatMap(read) : [];
    return threepids.map((threepid) => ({ threepid, mxid, ...mark }));
  });
}

/** Whether a column is used. */
export const isRead = (column: string): boolean =>
  column === 'mxid' || column === 'unlisted' || isAddressColumn(column);

export const isAddressColumn = (column: string): boolean => readerOf(column) !== undefined;

/**
 * Removes the padding of fixed-width columns, and the wrapper by which spreadsheets preserve leading zeros: `="0170…"`.
 */
export function cellText(cell: unknown): string {
  if (typeof cell === 'number' || typeof cell === 'bigint') return String(cell);
  if (typeof cell !== 'string') return '';
  const text = cell.trim();
  return /^="(.*)"$/s.exec(text)?.[1]?.trim() ?? text;
}

/** Whether a cell contains one of the usual spellings of "yes". */
export const isYes = (cell: unknown): boolean => cell === true || /^(?:true|t|yes|y|ja|j|x|1)$/i.test(cellText(cell));

function readerOf(column: string, region?: Region): ((cell: string) => readonly Threepid[]) | undefined {
  const name = column.toLowerCase().replace(/[^a-z]/g, '');
  if (name.startsWith('email') || name.startsWith('mail')) {
    return (cell) => cell.split(SEPARATOR).flatMap((text) => tryThreepid('email', text) ?? []);
  }
  if (!name.startsWith('msisdn') && !name.startsWith('phone')) return undefined;
  // Phone numbers may contain blanks.
  return (cell) => cell.split(/[;|]/).flatMap((text) => phone(text.trim(), region) ?? []);
}

/** A phone number in a common notation. Without a region, bare digits are read as an international number. */
export function phone(text: string, region?: Region): Threepid | undefined {
  const digits = readPhoneNumber(text, region)?.digits ?? (region === undefined ? text : '');
  return tryThreepid('msisdn', digits);
}

const textsIn = (cell: unknown): readonly string[] => (Array.isArray(cell) ? cell : [cell]).map(cellText);
