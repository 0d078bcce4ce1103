import type { Knex } from 'knex';
import { jsonArray, rowsOf } from './dialect.js';
import type { NewRow, Row, Sent } from './session-rows.js';
import { MAY_BE_LOST } from './wal-sync.js';

/*
 * Statements for any number of sessions, each with one text and the sessions as one variable. To make a text for each
 * number takes Knex longer than the database needs for the statement, and texts that differ are prepared each time.
 */

const TEXTS = [
  'sid',
  'medium',
  'address',
  'alias',
  'client_secret',
  'sealed_client_secret',
  'token',
  'sealed_token',
  'next_link',
  'opened_by',
] as const satisfies readonly (keyof NewRow)[];
const NUMBERS = [
  'send_attempt',
  'validated_at',
  'opened_at',
  'modified_at',
  'sending_attempt',
  'sending_at',
] as const satisfies readonly (keyof NewRow)[];
const COLUMNS = [...TEXTS, ...NUMBERS] as const;
const VALUES = [
  ...TEXTS.map((_, at) => `value->>${at}`),
  ...NUMBERS.map((_, at) => `cast(value->>${TEXTS.length + at} as bigint)`),
];
/** Instances that add the same sessions at the same time must lock their rows in the same order. */
const ORDER = `value->>${COLUMNS.indexOf('address')}, value->>${COLUMNS.indexOf('client_secret')}`;
const REPLACED = [...COLUMNS, 'guesses'].map((column) => `${column} = excluded.${column}`);

/** The rows with any of these media, addresses and stored client secrets, the latest first. */
export const findLatest = (
  db: Knex,
  keys: readonly (readonly [medium: string, address: string, clientSecret: string])[],
): Promise<readonly Row[]> =>
  rowsOf<Row>(
    db.raw(
      `select * from validation_sessions
       where (medium, address, client_secret) in (select value->>0, value->>1, value->>2 from ${jsonArray(db)})
       order by modified_at desc`,
      [JSON.stringify(keys)],
    ),
  );

/**
 * Adds rows, and replaces those of the same threepid and client secret that were modified before `aliveSince`, ms since
 * the epoch.
 *
 * @param rows each with another threepid or client secret
 * @returns the sids of those that were stored
 */
export async function addOrReplace(
  db: Knex,
  rows: readonly NewRow[],
  aliveSince: number,
): Promise<ReadonlySet<string>> {
  const stored = await rowsOf<Pick<Row, 'sid'>>(
    db.raw(
      `insert into validation_sessions (${COLUMNS.join(', ')}, guesses)
       select ${VALUES.join(', ')}, 0 from ${jsonArray(db)} where true
       order by ${ORDER}
       on conflict (medium, address, client_secret) do update set ${REPLACED.join(', ')}
       where validation_sessions.modified_at < ?
       returning sid`,
      [JSON.stringify(rows.map((row) => COLUMNS.map((column) => row[column] ?? null))), aliveSince],
    ),
  );
  return new Set(stored.map(({ sid }) => sid));
}

/** Records attempts and their links, except after a later attempt. @param sent each of another session */
export async function markSent(db: Knex, sent: readonly Sent[]): Promise<void> {
  await db.raw(
    `update validation_sessions ${sent.every(({ isNew }) => isNew) ? MAY_BE_LOST : ''} set send_attempt = sent.attempt, next_link = sent.next_link
     from (
       select value->>0 as sid, cast(value->>1 as integer) as attempt, value->>2 as next_link from ${jsonArray(db)}
     ) as sent
     where validation_sessions.sid = sent.sid and validation_sessions.send_attempt < sent.attempt`,
    [JSON.stringify(sent.map(({ sid, attempt, nextLink }) => [sid, attempt, nextLink ?? null]))],
  );
}
