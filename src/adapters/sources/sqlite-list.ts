import { setImmediate } from 'node:timers/promises';
import type { Row } from './records.js';

const ROWS_OF_A_PART = 1000;

/** A listing with many of its rows in one: the driver makes objects of all rows at once, and requests would wait. */
export const inParts = (query: string): string => `
  select json_group_array(json_array(medium, address, mxid)) as part from (
    select medium, address, mxid, row_number() over () / ${ROWS_OF_A_PART} as number from (
      ${query.replace(/;\s*$/, '')}
    )
  ) where typeof(medium) = 'text' and typeof(address) in ('text', 'integer', 'real') and typeof(mxid) = 'text'
  group by number`;

export async function* rowsIn(parts: readonly Row[]): AsyncGenerator<Row> {
  for (const { part } of parts) {
    for (const [medium, address, mxid] of JSON.parse(part as string) as readonly unknown[][]) {
      yield { medium, address, mxid };
    }
    await setImmediate();
  }
}
