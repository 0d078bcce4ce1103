import { readFile, stat } from 'node:fs/promises';
import { spellingsOf } from '../../domain/identifiers/spellings.js';
import { keyOf } from '../../domain/identifiers/threepid.js';
import type { Region } from '../../domain/identifiers/phone-number.js';
import type { Association, OpenSource, SourceLog } from '../../source.js';
import type { SearchAttributes } from '../shared/search-text.js';
import { csvRows } from './csv-rows.js';
import { jsonRows } from './json-rows.js';
import { associationsOf, isRead } from './records.js';
import { searchedCells, searchedColumns } from './searched-columns.js';

export interface FileOptions {
  /** Its absolute path. */
  readonly path: string;
  readonly format: 'csv' | 'json';
  /** Whether the last line of a CSV file must end with a line break. Default: yes. */
  readonly lastLineEnds?: boolean | undefined;
  /** Region of phone numbers that have no country code. */
  readonly phoneRegion?: Region | undefined;
  /** How people are found by name: only these columns are kept. */
  readonly search?: SearchAttributes | undefined;
}

type Content = ReadonlyMap<string, readonly Association[]>;

/** A table of people in a file. It is read again when it has changed. */
export const fileSource: OpenSource<FileOptions> = (options, { log }) => {
  let latest: { readonly version: string; readonly content: Promise<Content> } | undefined;

  /** Concurrent callers share one read. */
  async function current(): Promise<Content> {
    const { mtimeMs, size, ino } = await stat(options.path);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (latest?.version === version) return latest.content;
    const bytes = readFile(options.path);
    const reading = { version, content: bytes.then((content) => contentOf(content, options, log)) };
    latest = reading;
    // A failed read is not cached, unlike invalid content: it may succeed the next time.
    bytes.catch(() => {
      if (latest === reading) latest = undefined;
    });
    return reading.content;
  }

  return {
    async find(threepids) {
      const byKey = await current();
      return threepids.flatMap((threepid) =>
        spellingsOf(threepid).flatMap((address) => byKey.get(keyOf({ medium: threepid.medium, address })) ?? []),
      );
    },
    async *all() {
      const byKey = await current();
      for (const associations of byKey.values()) yield* associations;
    },
  };
};

async function contentOf(
  bytes: Buffer,
  { format, phoneRegion, lastLineEnds = true, search }: FileOptions,
  log: SourceLog,
): Promise<Content> {
  const text = decoded(bytes);
  const byKey = new Map<string, Association[]>();
  const reportUnread = (columns: readonly string[]) => {
    const searched = search ? searchedColumns(search, columns) : [];
    const unread = columns.filter((column) => !isRead(column) && !searched.includes(column));
    const facts = { event: 'file_columns_not_read', columns: unread.join(', ') };
    if (unread.length > 0) log.info('columns of the file are not read', facts);
  };
  for await (const row of format === 'csv' ? csvRows(text, reportUnread, !lastLineEnds) : jsonRows(text)) {
    for (const association of associationsOf(row, phoneRegion, searchedCells(row, search))) {
      const key = keyOf(association.threepid);
      const before = byKey.get(key) ?? [];
      if (!before.some(({ mxid }) => mxid === association.mxid)) byKey.set(key, [...before, association]);
    }
  }
  return byKey;
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('the file is not in UTF-8');
  }
}
