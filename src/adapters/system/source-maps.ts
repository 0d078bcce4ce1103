import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

const FRAME = /^ {4}at /;
/** What a frame ends with: the URL of a file, line and column. */
const PLACE = /file:[^()\s]+:\d+:\d+(?=\)?$)/;
const LONGEST_LINE = 1_000;
const MOST_PLACES = 1_000;

/** Places of built files, and what they are in a source. The same errors occur again and again. */
const places = new Map<string, string>();

/**
 * Names the TypeScript sources in a stack trace. Node.js can do so itself, but it reads the maps of all files at their
 * start and keeps them, and it does so for every error whose stack a library reads. This reads maps for stacks that are
 * printed: it takes 0.1 s for a file, then nothing for the same places.
 *
 * @param message of the error, which may consist of lines that look like frames
 */
export function withSources(stack: string, message: string): string {
  const at = stack.indexOf(message);
  const head = at < 0 ? 0 : at + message.length;
  const maps = new Map<string, SourceMap | undefined>();
  const lines = stack.slice(head).split('\n');
  return (
    stack.slice(0, head) + lines.map((line) => (isFrame(line) ? line.replace(PLACE, named(maps)) : line)).join('\n')
  );
}

/** Names the sources in the stack trace of an error that ends the process, before Node.js prints it. */
export function nameSources(thrown: unknown): void {
  if (!(thrown instanceof Error) || thrown.stack === undefined) return;
  try {
    thrown.stack = withSources(thrown.stack, thrown.message);
  } catch {
    // Some errors cannot be changed.
  }
}

const isFrame = (line: string): boolean => line.length <= LONGEST_LINE && FRAME.test(line);

/** @param maps those that were read for this stack, by the URL of the built file */
const named =
  (maps: Map<string, SourceMap | undefined>) =>
  (place: string): string => {
    const known = places.get(place);
    if (known !== undefined) return known;
    const found = sourceOf(place, maps) ?? place;
    if (places.size >= MOST_PLACES) places.clear();
    places.set(place, found);
    return found;
  };

/** `…/src/app/main.ts:12:3` for a place in a built file; `undefined` if it has no map, or a damaged one. */
function sourceOf(place: string, maps: Map<string, SourceMap | undefined>): string | undefined {
  const parts = place.split(':');
  const [column, row] = [Number(parts.pop()) - 1, Number(parts.pop()) - 1];
  const url = parts.join(':');
  try {
    if (!maps.has(url)) maps.set(url, mapOf(url));
    const found = maps.get(url)?.findEntry(row, column);
    // Otherwise the nearest place before is in another row, or there is none.
    if (found === undefined || !('originalSource' in found) || found.generatedLine !== row) return undefined;
    const source = fileURLToPath(new URL(found.originalSource, url));
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  } catch {
    return undefined;
  }
}

function mapOf(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
