import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
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
    const map = new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')) as SourceMapPayload);
    const found = map.findEntry(row - 1, column - 1);
    // Otherwise the nearest place before is in another row, or there is none.
    if (!('originalSource' in found) || found.generatedLine !== row - 1) return undefined;
    const source = fileURLToPath(new URL(found.originalSource, url));
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  } catch {
    return undefined;
  }
}
