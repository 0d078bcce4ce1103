import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { CsvError, type Options, parse } from 'csv-parse';
import { isAddressColumn, type Row } from './records.js';

/** Characters parsed before the event loop gets control again. */
const SLICE = 64 * 1024;
/** The line that Excel writes before the header to declare the separator. */
const SEPARATOR_LINE = /^sep=(.)\r?\n/i;

/**
 * The rows of a table with a header, by column name in lower case. The column names are returned at the end.
 *
 * @param isComplete whether to accept a last line without a line break: it may be truncated if the file was cut off or
 * is being written
 * @throws Error with the problem and the line number, but without file content
 */
export async function* csvRows(
  file: string,
  onColumns: (names: readonly string[]) => void = () => undefined,
  isComplete = false,
): AsyncGenerator<Row> {
  if (!isComplete && !endsItsLine(file)) {
    throw new Error(
      'the file does not end with a line break, so it may be incomplete: end it with a line break, or set `lastLineEnds: false`',
    );
  }
  const declared = SEPARATOR_LINE.exec(file);
  const text = declared ? file.slice(declared[0].length) : file;
  let columns: readonly string[] = [];
  yield* parsed(text, {
    bom: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count_less: true,
    // Spreadsheets write ="0170…". An invalid cell must not invalidate the row.
    relax_quotes: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    delimiter: declared?.[1] ?? separatorOf(text),
    columns: (names: string[]) => (columns = names.map((name) => name.toLowerCase())) as string[],
    group_columns_by_name: true,
  });
  checkColumns(columns);
  onColumns(columns);
}

async function* parsed(text: string, options: Options): AsyncGenerator<Row> {
  try {
    yield* Readable.from(slicesOf(text)).pipe(parse(options)) as AsyncIterable<Row>;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The original message repeats file content.
    const { lines } = error as { lines?: unknown };
    throw new Error(`the file is not valid CSV: ${error.code}${typeof lines === 'number' ? ` at line ${lines}` : ''}`);
  }
}

async function* slicesOf(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += SLICE) {
    yield text.slice(at, at + SLICE);
    await setImmediate();
  }
}

function endsItsLine(file: string): boolean {
  const end = file.slice(-SLICE);
  const line = end.trimEnd();
  return line === '' || /[\r\n]/.test(end.slice(line.length));
}

/** The comma, semicolon or tab, whichever is most frequent in the first line outside of quotes. */
function separatorOf(text: string): string {
  const [head = ''] = text
    .slice(0, SLICE)
    .replaceAll(/"[^"]*"/g, '')
    .trimStart()
    .split(/[\r\n]/, 1);
  const count = (separator: string): number => head.split(separator).length;
  return [',', ';', '\t'].reduce((most, candidate) => (count(candidate) > count(most) ? candidate : most));
}

function checkColumns(columns: readonly string[]): void {
  if (!columns.includes('mxid'))
    throw new Error('the first line must contain the names of the columns, but there is no column mxid');
  if (!columns.some(isAddressColumn)) throw new Error('there is no column whose name begins with email or msisdn');
}
