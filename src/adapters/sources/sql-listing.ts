import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Deadline, within } from '../shared/deadline.js';
import type { Row } from './records.js';

const ROWS_OF_A_PART = 1000;

/**
 * The rows of a query in parts, so that memory use is limited and requests are not blocked. PostgreSQL uses a cursor,
 * which also works with poolers; MySQL streams the rows from the connection.
 *
 * @param limitMs time limit for each part
 */
export const listInParts = (db: Knex, query: string, limitMs: number): AsyncGenerator<readonly Row[]> =>
  (db.client.config.client === 'pg' ? byCursor : byStream)(db, query.replace(/;\s*$/, ''), limitMs);

async function* byCursor(db: Knex, query: string, limitMs: number): AsyncGenerator<readonly Row[]> {
  const trx = await db.transaction(undefined, { readOnly: true });
  try {
    // Optimize for the total time, not for the first rows.
    await trx.raw('set local cursor_tuple_fraction = 1');
    await trx.raw(`declare islet_listing no scroll cursor for ${query}`).timeout(limitMs);
    for (;;) {
      const { rows } = (await trx.raw(`fetch ${ROWS_OF_A_PART} from islet_listing`).timeout(limitMs)) as {
        readonly rows: readonly Row[];
      };
      yield rows;
      if (rows.length < ROWS_OF_A_PART) return;
    }
  } finally {
    await trx.rollback().catch(() => undefined);
  }
}

interface StreamingConnection {
  query(sql: string): { stream(options: { readonly highWaterMark: number }): Readable };
  destroy(): void;
  __knex__disposed?: Error;
}

async function* byStream(db: Knex, query: string, limitMs: number): AsyncGenerator<readonly Row[]> {
  const client = db.client as {
    acquireConnection(): Promise<StreamingConnection>;
    releaseConnection(connection: StreamingConnection): Promise<void>;
  };
  const connection = await client.acquireConnection();
  let isAtEnd = false;
  try {
    const rows = connection.query(query).stream({ highWaterMark: ROWS_OF_A_PART });
    const iterator = rows[Symbol.asyncIterator]() as AsyncIterator<Row>;
    while (!isAtEnd) {
      const part: Row[] = [];
      const deadline = new Deadline(limitMs);
      while (!isAtEnd && part.length < ROWS_OF_A_PART) {
        const { value, done } =
          rows.readableLength > 0 ? await iterator.next() : await within(deadline, iterator.next());
        if (done) isAtEnd = true;
        else part.push(value);
      }
      yield part;
      // If data arrives continuously, other requests would be blocked.
      await setImmediate();
    }
  } finally {
    if (!isAtEnd) {
      // The unread rows would be mistaken for the result of the next query.
      connection.__knex__disposed = new Error('the listing was aborted');
      connection.destroy();
    }
    await client.releaseConnection(connection);
  }
}
