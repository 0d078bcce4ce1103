import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Makes stack traces name the TypeScript sources. Node.js can do so itself, but it reads the maps of all files at their
 * start and keeps them, and those of files with an error unpacked: 20 MB. This reads the map of a line when it is printed.
 */
export function mapStackTraces(): void {
  Error.prepareStackTrace = (error, frames) => [headOf(error), ...frames.map(lineOf)].join('\n    at ');
}

/** The first line, like that of Node.js. */
function headOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  const isOfNode = typeof code === 'string' && code.startsWith('ERR_');
  try {
    return isOfNode ? `${error.name} [${code}]: ${error.message}` : Error.prototype.toString.call(error);
  } catch {
    return '<error>';
  }
}

function lineOf(frame: NodeJS.CallSite): string {
  const line = (frame as { toString(): string }).toString();
  const [url, row, column] = [frame.getFileName() ?? '', frame.getLineNumber() ?? 0, frame.getColumnNumber() ?? 0];
  const place = url.startsWith('file:') && row > 0 ? placeIn(url, row, column) : undefined;
  return place === undefined ? line : line.replace(`${url}:${row}:${column}`, () => place);
}

/** `…/src/app/main.ts:12:3` for a place in a built file; `undefined` if it has no map, or a damaged one. */
function placeIn(url: string, row: number, column: number): string | undefined {
  try {
    const { sources, mappings } = JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')) as SourceMap;
    const found = find(mappings, row - 1, column - 1);
    const source = found && sources[found.source];
    return source && `${fileURLToPath(new URL(source, url))}:${found.row + 1}:${found.column + 1}`;
  } catch {
    return undefined;
  }
}

interface SourceMap {
  readonly sources: readonly string[];
  /** See `find`. */
  readonly mappings: string;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * The place in a source, counted from 0. Rows are separated by `;`, segments by `,`. A segment consists of four or five
 * differences to the previous one: column (which begins again in each row), source, row and column there. A difference is
 * written in digits of six bits, the lowest ones first; of these, one says whether more follow, and the lowest one of
 * the first digit is the sign. Source: ECMA-426, "Mappings".
 */
function find(mappings: string, row: number, column: number) {
  const segment = [0, 0, 0, 0];
  let [currentRow, field, value, shift] = [0, 0, 0, 0];
  let found: { readonly source: number; readonly row: number; readonly column: number } | undefined;
  for (let at = 0; at <= mappings.length && currentRow <= row; at++) {
    const character = mappings[at] ?? ';';
    if (character !== ',' && character !== ';') {
      const digit = DIGITS.indexOf(character);
      value |= (digit & 31) << shift;
      shift += 5;
      if (digit & 32) continue;
      segment[field] = (segment[field] ?? 0) + (value & 1 ? -(value >> 1) : value >> 1);
      [field, value, shift] = [field + 1, 0, 0];
      continue;
    }
    const [from = 0, source = 0, sourceRow = 0, sourceColumn = 0] = segment;
    if (currentRow === row && field >= 4 && from <= column) found = { source, row: sourceRow, column: sourceColumn };
    field = 0;
    if (character === ';') [currentRow, segment[0]] = [currentRow + 1, 0];
  }
  return found;
}
