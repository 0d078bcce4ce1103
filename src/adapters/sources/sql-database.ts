import { pathToFileURL } from 'node:url';
import knex, { type Knex } from 'knex';
import type { TlsMaterial } from '../shared/tls-options.js';
import type { Row } from './records.js';
import { encryptMysql, serverOf } from './sql-server.js';
import { listInParts } from './sql-listing.js';
import { sqlProblem } from './sql-problem.js';
import { inParts, rowsIn } from './sqlite-list.js';

export type SqlPlace =
  /** An SQLite file, which is only read. */
  | { readonly file: string }
  | (TlsMaterial & {
      /** `postgres://…` or `mysql://…` */
      readonly url: string;
      /** Instead of one in the URL. */
      readonly password?: string | undefined;
    });

/** What a query may name with a colon: the medium, and the addresses that are asked for, a list. */
export interface QueryBindings {
  readonly medium?: string;
  readonly addresses?: readonly string[];
}

const CONNECT_LIMIT_MS = 5_000;
/** After so long, a connection that is silent is thrown away. Nobody waits for a lookup until then. */
const LIMITS = { findMs: 10_000, listMs: 60_000 };

/** Somebody else's database, asked by queries of the operator. Whoever opened it closes it. */
export class SqlDatabase {
  private readonly db: Knex;
  private readonly isSqlite: boolean;

  /** @throws Error if the driver is not installed: that of MySQL is not part of Islet */
  constructor(
    place: SqlPlace,
    private readonly limits = LIMITS,
  ) {
    this.isSqlite = 'file' in place;
    this.db = knex({
      ...('file' in place ? sqlite(place.file) : serverOf(place, CONNECT_LIMIT_MS, LIMITS.listMs)),
      compileSqlOnError: false, // messages carry `?` instead of addresses
      acquireConnectionTimeout: CONNECT_LIMIT_MS,
      log: silent,
    });
    if (!('file' in place) && place.url.startsWith('mysql:')) encryptMysql(this.db, place);
    // Knex puts the query before what the database says.
    this.db.on('query-error', (error: Error, { sql }: { readonly sql: string }) => {
      if (error.message.startsWith(`${sql} - `)) error.message = error.message.slice(sql.length + 3);
    });
  }

  /**
   * The rows of a query.
   *
   * @param columns that it must give
   * @throws Error with the database's word for what went wrong, and no value
   */
  async rows(what: 'find' | 'list', columns: readonly string[], query: string, bindings: QueryBindings = {}) {
    const { sql, values } = bound(query, bindings);
    let rows: readonly Row[];
    try {
      rows = rowsOf(await this.db.raw(sql, values).timeout(this.limits[`${what}Ms`]));
    } catch (error) {
      // Not the error itself: databases repeat values in it.
      throw new Error(`the query "${what}" fails: ${sqlProblem(error)}`);
    }
    checkColumns(what, columns, rows);
    return rows;
  }

  /** Every `medium`, `address` and `mxid`, and `unlisted` where there is such a column, that a query gives. @throws Error as `rows` does */
  async *list(query: string): AsyncGenerator<Row> {
    if (this.isSqlite) yield* rowsIn(await this.parts(query));
    else yield* this.listed(query);
  }

  private async parts(query: string): Promise<readonly Row[]> {
    try {
      return await this.rows('list', ['part'], inParts(query, 'unlisted'));
    } catch (error) {
      if (!String(error).includes('no such column: unlisted')) throw error;
      return this.rows('list', ['part'], inParts(query, 'null'));
    }
  }

  close(): Promise<void> {
    return this.db.destroy();
  }

  private async *listed(query: string): AsyncGenerator<Row> {
    const parts = listInParts(this.db, query, this.limits.listMs);
    try {
      for (;;) {
        const { value, done } = await parts.next().catch((error: unknown) => {
          throw new Error(`the query "list" fails: ${sqlProblem(error)}`);
        });
        if (done) return;
        checkColumns('list', ['medium', 'address', 'mxid'], value);
        yield* value;
      }
    } finally {
      await parts.return(undefined);
    }
  }
}

function checkColumns(what: string, columns: readonly string[], [first]: readonly Row[]): void {
  const missing = first && columns.find((column) => !(column in first));
  if (missing === undefined) return;
  throw new Error(`the query "${what}" gives no column ${missing}, but ${Object.keys(first ?? {}).join(', ')}`);
}

const NAMED = /(?<![:\w]):(medium|addresses)\b/g;

/** A query with its names in place of values; other question marks in it stay what they are. */
export function bound(query: string, { medium = '', addresses = [] }: QueryBindings) {
  const values: string[] = [];
  const sql = query.replaceAll('?', '\\?').replace(NAMED, (_name, name: string) => {
    const bound = name === 'medium' ? [medium] : addresses;
    values.push(...bound);
    return bound.map(() => '?').join(', ');
  });
  return { sql, values };
}

/** Each driver has a shape of its own: rows, an object with rows, rows and their columns. */
function rowsOf(answer: unknown): readonly Row[] {
  if (typeof answer === 'object' && answer !== null && 'rows' in answer) return answer.rows as Row[];
  const list = answer as readonly unknown[];
  return (Array.isArray(list[0]) ? list[0] : list) as Row[];
}

const sqlite = (file: string): Knex.Config => ({
  client: 'sqlite3',
  // Knex adds flags to those for writing; only a URI can ask for less.
  connection: { filename: `${pathToFileURL(file).href}?mode=ro`, flags: ['OPEN_URI'] } as Knex.Sqlite3ConnectionConfig,
  useNullAsDefault: true,
  pool: { min: 0, max: 1 },
});

/** Knex prints lost connections; whoever asks next is told anyway. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };
