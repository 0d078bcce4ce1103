import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The level of a requirement: test/spec/requirements.yaml defines the letters. */
export type Level = 'M' | 'S' | 'O' | 'C' | 'D';

export interface Requirement {
  /** The id in the form that tests use: `LOOK-7`. */
  readonly id: string;
  readonly level: Level;
  readonly sentence: string;
}

const file = new URL('../../spec/requirements.yaml', import.meta.url);

/** By chapter, in the order of the file. */
export const chapters: ReadonlyMap<string, readonly Requirement[]> = new Map(
  Object.entries(parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>).map(
    ([chapter, requirements]) => [chapter, Object.entries(requirements).map(([id, text]) => toRequestError(id, text))],
  ),
);

function toRequestError(id: string, text: string): Requirement {
  const [, level, sentence] = /^([MSOCD]) (.+)$/.exec(text) ?? [];
  if (level === undefined || sentence === undefined) throw new Error(`${id} has no level or no sentence`);
  return { id, level: level as Level, sentence };
}
