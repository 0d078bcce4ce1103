import type { Knex } from 'knex';
import { isPostgres } from './dialect.js';

interface PgConnection {
  query(asked: unknown, done?: unknown): unknown;
  escapeLiteral(text: string): string;
}

type Done = (error: Error | null, answer: unknown) => void;

/** Statements whose answers nobody reads while an empty database is filled. */
const WRITES = /^\s*(?:create|insert|alter|update|drop|savepoint|release)\b/i;
/** An answer as of a statement that changed one row: Knex checks that of its lock of migrations. */
const answerOf = (text: string) => ({
  command: /\w+/.exec(text)?.[0].toUpperCase() ?? '',
  rowCount: 1,
  oid: 0,
  rows: [],
  fields: [],
});

/**
 * Runs `work` and sends its statements that write together, before the next one that reads and at the end: over a slow
 * line a first start then takes seconds instead of half a minute. Only for an empty PostgreSQL, where no answer matters.
 */
export async function inBatches(trx: Knex.Transaction, work: () => Promise<void>): Promise<void> {
  if (!isPostgres(trx)) return work();
  const connection = (await trx.client.acquireConnection()) as PgConnection;
  const query = connection.query.bind(connection);
  const waiting: string[] = [];
  const send = async () => {
    if (waiting.length > 0) await query(waiting.splice(0).join(';\n'));
  };
  connection.query = (asked, done) => {
    const { text, values } = asked as { readonly text?: string; readonly values?: readonly unknown[] };
    if (text === undefined || typeof done !== 'function') return query(asked, done);
    if (WRITES.test(text)) {
      waiting.push(withValues(connection, text, values ?? []));
      setImmediate(() => (done as Done)(null, answerOf(text)));
    } else
      send().then(
        () => query(asked, done),
        (error: Error) => (done as Done)(error, undefined),
      );
    return undefined;
  };
  try {
    await work();
    await send();
  } finally {
    connection.query = query;
  }
}

const withValues = (connection: PgConnection, text: string, values: readonly unknown[]): string =>
  text.replaceAll(/\$(\d+)/g, (_all, place: string) => {
    const value = values[Number(place) - 1];
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return connection.escapeLiteral(
      value instanceof Date ? value.toISOString() : (value as string | bigint).toString(),
    );
  });
