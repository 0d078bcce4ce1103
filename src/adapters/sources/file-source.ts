import { readFile, stat } from 'node:fs/promises';
import { CsvError, type Options, parse } from 'csv-parse/sync';
import { keyOf } from '../../domain/threepid.js';
import type { Region } from '../../domain/phone-number.js';
import type { Association, OpenSource } from '../../source.js';
import { associationsOf, isAddressColumn, type Row } from './records.js';

export interface FileOptions {
  /** Its absolute path. */
  readonly path: string;
  readonly format: 'csv' | 'json';
  /** Where phone numbers without a country are at home. */
  readonly phoneRegion?: Region | undefined;
}

interface Content {
  /** Changes with the file. */
  readonly version: string;
  readonly byKey: ReadonlyMap<string, readonly Association[]>;
}

/** A table of people in a file, which is read again whenever it has changed. */
export const fileSource: OpenSource<FileOptions> = (options) => {
  let content: Promise<Content> | undefined;

  async function current(): Promise<Content> {
    const { mtimeMs, size, ino } = await stat(options.path);
    const version = `${mtimeMs} ${size} ${ino}`;
    const known = await content?.catch(() => undefined);
    if (known?.version === version) return known;
    content = read(options, version);
    return content;
  }

  return {
    async find(threepids) {
      const { byKey } = await current();
      return threepids.flatMap((threepid) => byKey.get(keyOf(threepid)) ?? []);
    },
    async *all() {
      const { byKey } = await current();
      for (const associations of byKey.values()) yield* associations;
    },
  };
};

async function read({ path, format, phoneRegion }: FileOptions, version: string): Promise<Content> {
  const text = decoded(await readFile(path));
  const byKey = new Map<string, Association[]>();
  for (const row of format === 'csv' ? csvRows(text) : jsonRows(text)) {
    for (const association of associationsOf(row, phoneRegion)) {
      const key = keyOf(association.threepid);
      const before = byKey.get(key) ?? [];
      if (!before.some(({ mxid }) => mxid === association.mxid)) byKey.set(key, [...before, association]);
    }
  }
  return { version, byKey };
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('the file is not in UTF-8');
  }
}

/** What Excel writes before the head, to tell itself how cells are separated. */
const SEPARATOR_LINE = /^sep=(.)\r?\n/i;

function csvRows(file: string): readonly Row[] {
  const told = SEPARATOR_LINE.exec(file);
  const text = told ? file.slice(told[0].length) : file;
  let columns: readonly string[] = [];
  const rows = parsed(text, {
    bom: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count_less: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    delimiter: told?.[1] ?? separatorOf(text),
    columns: (names: string[]) => (columns = names.map((name) => name.toLowerCase())) as string[],
    group_columns_by_name: true,
  });
  checkColumns(columns);
  return rows;
}

function parsed(text: string, options: Options): readonly Row[] {
  try {
    return parse(text, options) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Its message repeats what stands in the file.
    const { lines } = error as { lines?: unknown };
    throw new Error(`the file is no CSV: ${error.code}${typeof lines === 'number' ? ` at line ${lines}` : ''}`);
  }
}

/** The comma, semicolon or tab that the first line has most of, outside of quotes. */
function separatorOf(text: string): string {
  const [head = ''] = text
    .replaceAll(/"[^"]*"/g, '')
    .trimStart()
    .split(/[\r\n]/, 1);
  const count = (separator: string): number => head.split(separator).length;
  return [',', ';', '\t'].reduce((most, one) => (count(one) > count(most) ? one : most));
}

function jsonRows(text: string): readonly Row[] {
  const rows = jsonIn(text);
  const isRow = (row: unknown): row is Row => typeof row === 'object' && row !== null && !Array.isArray(row);
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new Error('the file must be a list of objects');
  const lowered = rows.map(
    (row): Row => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name.toLowerCase(), cell])),
  );
  if (rows.length > 0 && !lowered.some((row) => 'mxid' in row)) throw new Error('no object in the file has an mxid');
  return lowered;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What Node says of it repeats what stands in the file.
    throw new Error('the file is no JSON, or only the beginning of it');
  }
}

function checkColumns(columns: readonly string[]): void {
  if (!columns.includes('mxid')) throw new Error('the first line must name the columns, and there is no column mxid');
  if (!columns.some(isAddressColumn)) throw new Error('there is no column whose name begins with email or msisdn');
}
