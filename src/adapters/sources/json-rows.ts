import { setImmediate } from 'node:timers/promises';
import type { Row } from './records.js';

/** Characters parsed before the event loop gets control again, or a single object if it is longer. */
const SLICE = 64 * 1024;

/**
 * The objects of a list, with their property names in lower case.
 *
 * @throws Error with the problem, but without file content
 */
export async function* jsonRows(text: string): AsyncGenerator<Row> {
  let [count, named] = [0, 0];
  for (const slice of slicesOf(text)) {
    for (const row of objectsIn(slice)) {
      const lowered = Object.fromEntries(Object.entries(row).map(([name, cell]) => [name.toLowerCase(), cell]));
      count += 1;
      if ('mxid' in lowered) named += 1;
      yield lowered;
    }
    await setImmediate();
  }
  if (count > 0 && named === 0) throw new Error('no object in the file has an mxid');
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/g;

/** Splits a list into several smaller ones, each cut after an object. Anything else is returned unchanged. */
function* slicesOf(text: string): Generator<string> {
  if (!text.trimStart().startsWith('[')) return yield text;
  let [from, depth] = [0, 0];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '[' || token === '{') depth += 1;
    if (token !== ']' && token !== '}') continue;
    depth -= 1;
    if (depth !== 1 || token === ']' || index - from < SLICE) continue;
    const comma = /\s*,/y;
    comma.lastIndex = index + 1;
    if (!comma.test(text)) continue;
    yield opened(text.slice(from, index + 1), from) + ']';
    from = comma.lastIndex;
  }
  yield opened(text.slice(from), from);
}

const opened = (slice: string, from: number): string => (from === 0 ? slice : `[${slice}`);

function objectsIn(slice: string): readonly Row[] {
  const rows = parsed(slice);
  const isRow = (row: unknown): row is Row => typeof row === 'object' && row !== null && !Array.isArray(row);
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new Error('the file must be a list of objects');
  return rows;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Node's error message repeats file content.
    throw new Error('the file is not valid JSON, or it is incomplete');
  }
}
