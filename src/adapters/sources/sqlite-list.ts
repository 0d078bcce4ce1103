import { setImmediate } from 'node:timers/promises';
import type { Row } from './records.js';

const ROWS_OF_A_PART = 1000;

/**
 * Packs many rows of a listing into one result row: the driver creates objects for all rows at once, which would block
 * requests.
 *
 * @param unlisted the column that marks unlisted people, or `null` if there is none
 * @param others further columns
 */
export const inParts = (query: string, unlisted: 'unlisted' | 'null', others: readonly string[] = []): string => `
  select json_group_array(json_array(medium, address, mxid, marked${others.map((_, at) => `, other${at}`).join('')})) as part
  from (
    select medium, address, mxid, ${unlisted} as marked${others.map(otherColumn).join('')}, row_number() over () / ${ROWS_OF_A_PART} as number from (
      ${query.replace(/;\s*$/, '')}
    )
  ) where typeof(medium) = 'text' and typeof(address) in ('text', 'integer', 'real')
    and typeof(mxid) in ('text', 'integer', 'real') and typeof(marked) <> 'blob'
  group by number`;

/** JSON cannot hold blobs. */
const otherColumn = (name: string, at: number): string => {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return `, case when typeof(${quoted}) <> 'blob' then ${quoted} end as other${at}`;
};

/** @param others the further columns that the parts contain */
export async function* rowsIn(parts: readonly Row[], others: readonly string[] = []): AsyncGenerator<Row> {
  for (const { part } of parts) {
    for (const [medium, address, mxid, unlisted, ...cells] of JSON.parse(part as string) as readonly unknown[][]) {
      yield { medium, address, mxid, unlisted, ...Object.fromEntries(others.map((name, at) => [name, cells[at]])) };
    }
    await setImmediate();
  }
}
