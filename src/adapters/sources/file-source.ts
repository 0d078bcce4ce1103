import { readFile, stat } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
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
  const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
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

/** Separated by commas or semicolons, whichever the first line has more of. */
function csvRows(text: string): readonly Row[] {
  const [head = ''] = text.split('\n', 1);
  const count = (separator: string): number => head.split(separator).length;
  let columns: readonly string[] = [];
  const rows = parse(text, {
    bom: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count_less: true,
    delimiter: count(';') > count(',') ? ';' : ',',
    columns: (names: string[]) => (columns = names.map((name) => name.toLowerCase())) as string[],
    group_columns_by_name: true,
  }) as Row[];
  checkColumns(columns);
  return rows;
}

function jsonRows(text: string): readonly Row[] {
  const rows = JSON.parse(text) as unknown;
  const isRow = (row: unknown): row is Row => typeof row === 'object' && row !== null && !Array.isArray(row);
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new Error('the file must be a list of objects');
  return rows;
}

function checkColumns(columns: readonly string[]): void {
  if (!columns.includes('mxid')) throw new Error('the first line must name the columns, and there is no column mxid');
  if (!columns.some(isAddressColumn)) throw new Error('there is no column whose name begins with email or msisdn');
}
