type Answered = (this: unknown, error: Error | null, ...answer: unknown[]) => void;

interface Statement {
  run(values: unknown, done: Answered): void;
  all(values: unknown, done: Answered): void;
  finalize(): void;
  readonly lastID?: number;
  readonly changes?: number;
}

/** A connection of the npm package sqlite3. */
export interface SqliteConnection {
  run(sql: string, ...rest: unknown[]): unknown;
  all(sql: string, ...rest: unknown[]): unknown;
  prepare(sql: string, done: (error: Error | null) => void): Statement;
  close(done?: (error: Error | null) => void): void;
}

/** Statements that are sent again and again. Others, such as those of migrations, are sent once. */
const FREQUENT = /^\s*(?:select|insert|update|delete|with|begin|commit)\b/i;
/** Longer ones contain a list of values whose length differs. */
const MOST_CHARACTERS = 2_000;
const MOST_STATEMENTS = 150;

/**
 * Keeps the prepared statements of a connection. The driver would prepare each statement again, in a turn of its own on
 * a thread: that takes as long as most statements themselves. A statement that failed is not used again.
 */
export function keepPrepared(connection: SqliteConnection): void {
  /** The least recently used first. */
  const prepared = new Map<string, Statement>();
  const forget = (sql: string) => {
    prepared.get(sql)?.finalize();
    prepared.delete(sql);
  };
  const keep = (sql: string, statement: Statement) => {
    prepared.delete(sql);
    prepared.set(sql, statement);
    const [oldest] = prepared.keys();
    if (prepared.size > MOST_STATEMENTS && oldest !== undefined) forget(oldest);
  };
  for (const name of ['run', 'all'] as const) {
    const original = connection[name].bind(connection);
    connection[name] = (sql: string, ...rest: unknown[]) => {
      const done = rest.at(-1) as Answered | undefined;
      if (typeof done !== 'function' || rest.length > 2 || sql.length > MOST_CHARACTERS || !FREQUENT.test(sql))
        return original(sql, ...rest);
      const known = prepared.get(sql);
      // If this fails, the driver does not answer what is sent with the statement.
      const statement = known ?? connection.prepare(sql, (error) => error && done.call(connection, error));
      if (known) keep(sql, known);
      statement[name](rest.length > 1 ? rest[0] : [], (error, ...answer) => {
        if (known) {
          if (error && prepared.get(sql) === known) forget(sql);
        } else if (error || prepared.has(sql)) statement.finalize();
        else keep(sql, statement);
        // Copied: the next use of the statement changes them.
        done.call({ lastID: statement.lastID, changes: statement.changes }, error, ...answer);
      });
      return connection;
    };
  }
  const close = connection.close.bind(connection);
  connection.close = (done) => {
    for (const sql of prepared.keys()) forget(sql);
    close(done);
  };
}
