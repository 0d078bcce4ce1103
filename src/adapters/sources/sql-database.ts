import { pathToFileURL } from 'node:url';
import knex, { type Knex } from 'knex';
import type { SearchAttributes } from '../shared/search-text.js';
import type { TlsMaterial } from '../shared/tls-options.js';
import { useForEachLogin } from '../shared/login-options.js';
import type { RotatingSecret } from '../shared/rotating-secret.js';
import type { Row } from './records.js';
import { searchedColumns } from './searched-columns.js';
import { encryptMysql, serverOf } from './sql-server.js';
import { listInParts } from './sql-listing.js';
import { sqlProblem } from './sql-problem.js';
import { inParts, rowsIn } from './sqlite-list.js';

export type SqlPlace =
  /** An SQLite file, opened read-only. */
  | { readonly file: string }
  | (TlsMaterial & {
      /** `postgres://…` or `mysql://…` */
      readonly url: string;
      /** Replaces the password in the URL. */
      readonly password?: RotatingSecret | undefined;
    });

/** Named parameters of a query: the medium, and the list of requested addresses. */
export interface QueryBindings {
  readonly medium?: string;
  readonly addresses?: readonly string[];
}

const CONNECT_LIMIT_MS = 5_000;
/** After this time, an unresponsive connection is destroyed. Lookups stop waiting earlier. */
const LIMITS = { findMs: 10_000, listMs: 60_000 };

/** An external database, read by configured queries. The caller must close it. */
export class SqlDatabase {
  private readonly db: Knex;
  private readonly isSqlite: boolean;

  /** @throws Error if the driver is not installed: the MySQL driver is not part of Islet */
  constructor(
    place: SqlPlace,
    private readonly limits = LIMITS,
  ) {
    this.isSqlite = 'file' in place;
    const server = 'file' in place ? undefined : serverOf(place, CONNECT_LIMIT_MS, LIMITS.listMs);
    this.db = knex({
      ...('file' in place ? sqlite(place.file) : server?.config),
      compileSqlOnError: false, // log messages contain `?` instead of addresses
      acquireConnectionTimeout: CONNECT_LIMIT_MS,
      log: silent,
    });
    if (server) useForEachLogin(this.db, server.connection);
    if (!('file' in place) && place.url.startsWith('mysql:')) encryptMysql(this.db, place);
    // Knex puts the query before the database's error message.
    this.db.on('query-error', (error: Error, { sql }: { readonly sql: string }) => {
      if (error.message.startsWith(`${sql} - `)) error.message = error.message.slice(sql.length + 3);
    });
  }

  /**
   * The rows of a query.
   *
   * @param columns required columns
   * @throws Error with the database's reason, but without values
   */
  async rows(queryName: 'find' | 'list', columns: readonly string[], query: string, bindings: QueryBindings = {}) {
    const { sql, values } = bound(query, bindings);
    let rows: readonly Row[];
    try {
      rows = rowsOf(await this.db.raw(sql, values).timeout(this.limits[`${queryName}Ms`]));
    } catch (error) {
      // The original error is not attached: databases repeat values in it.
      throw new Error(`the query "${queryName}" failed: ${sqlProblem(error)}`);
    }
    checkColumns(queryName, columns, rows);
    return rows;
  }

  /**
   * Every `medium`, `address` and `mxid` that a query returns, and `unlisted` and the searched columns if there are any.
   *
   * @throws Error as `rows` does
   */
  async *list(query: string, search?: SearchAttributes): AsyncGenerator<Row> {
    if (this.isSqlite) {
      const searched = search ? searchedColumns(search, await this.columnsOf(query)) : [];
      yield* rowsIn(await this.parts(query, searched), searched);
    } else yield* this.listed(query);
  }

  private async columnsOf(query: string): Promise<readonly string[]> {
    const [first = {}] = await this.rows('list', [], `select * from (${query.replace(/;\s*$/, '')}) limit 1`);
    return Object.keys(first);
  }

  private async parts(query: string, searched: readonly string[]): Promise<readonly Row[]> {
    try {
      return await this.rows('list', ['part'], inParts(query, 'unlisted', searched));
    } catch (error) {
      if (!String(error).includes('no such column: unlisted')) throw error;
      return this.rows('list', ['part'], inParts(query, 'null', searched));
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
          throw new Error(`the query "list" failed: ${sqlProblem(error)}`);
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

function checkColumns(queryName: string, columns: readonly string[], [first]: readonly Row[]): void {
  const missing = first && columns.find((column) => !(column in first));
  if (missing === undefined) return;
  throw new Error(`the query "${queryName}" returns no column ${missing}, but ${Object.keys(first ?? {}).join(', ')}`);
}

const NAMED = /(?<![:\w]):(medium|addresses)\b/g;

/** Replaces the named parameters of a query; other question marks stay unchanged. */
export function bound(query: string, { medium = '', addresses = [] }: QueryBindings) {
  const values: string[] = [];
  const sql = query.replaceAll('?', '\\?').replace(NAMED, (_name, name: string) => {
    const bound = name === 'medium' ? [medium] : addresses;
    values.push(...bound);
    return bound.map(() => '?').join(', ');
  });
  return { sql, values };
}

/** Result formats of the drivers: rows, an object with rows, or an array of rows and columns. */
function rowsOf(answer: unknown): readonly Row[] {
  if (typeof answer === 'object' && answer !== null && 'rows' in answer) return answer.rows as Row[];
  const list = answer as readonly unknown[];
  return (Array.isArray(list[0]) ? list[0] : list) as Row[];
}

const sqlite = (file: string): Knex.Config => ({
  client: 'sqlite3',
  // Knex adds flags for writing; only a URI can override them.
  connection: { filename: `${pathToFileURL(file).href}?mode=ro`, flags: ['OPEN_URI'] } as Knex.Sqlite3ConnectionConfig,
  useNullAsDefault: true,
  pool: { min: 0, max: 1 },
});

/** Knex prints lost connections, but the next query reports the error anyway. */
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} };
