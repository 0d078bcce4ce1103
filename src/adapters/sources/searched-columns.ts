import { type SearchAttributes, searchedAttributes, searchRulesOf } from '../shared/search-text.js';
import { cellText, type Row } from './records.js';

/** Common names of columns, by the attribute that contains the same. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  displayname: ['name', 'fullname'],
  givenname: ['firstname'],
  sn: ['surname', 'lastname', 'familyname'],
};

/** Columns are compared without case, blanks, hyphens and underscores: `Display name` is `displayName`. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** The columns that are searched, given those of a table. */
export function searchedColumns(search: SearchAttributes, columns: readonly string[]): readonly string[] {
  const byName = new Map(columns.map((column) => [plain(column), column]));
  return [...new Set(searchedAttributes(searchRulesOf(search)).flatMap((name) => columnOf(name, byName) ?? []))];
}

/** The cells of a row that are searched; `undefined` if there are none. */
export function searchedCells(row: Row, search: SearchAttributes | undefined): Row | undefined {
  if (!search) return undefined;
  const cells = searchedColumns(search, Object.keys(row)).map((column) => [column, row[column]] as const);
  return cells.length > 0 ? Object.fromEntries(cells) : undefined;
}

/** Returns the values of an attribute of a row. */
export function attributeReader(row: Row): (attribute: string) => readonly string[] {
  const byName = new Map(Object.keys(row).map((column) => [plain(column), column]));
  return (attribute) => {
    const cell = row[columnOf(attribute, byName) ?? ''];
    const cells: readonly unknown[] = Array.isArray(cell) ? cell : [cell];
    return cells.map(cellText).filter((text) => text !== '');
  };
}

function columnOf(attribute: string, byName: ReadonlyMap<string, string>): string | undefined {
  const name = plain(attribute);
  const known = [name, ...(ALIASES[name] ?? [])].find((column) => byName.has(column));
  return known === undefined ? undefined : byName.get(known);
}
