import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';

/** Statements that change nothing. A transaction with changes contains other statements. */
const READING = /^\s*(?:select|pragma|explain|begin|commit|rollback|savepoint|release)\b/i;
const BEGIN = /^\s*begin\b/i;
const END = /^\s*(?:commit|rollback)\b(?!\s+to\b)/i;
/** Statements for which SQLite counts the changed rows. */
const CHANGING = /^\s*(?:insert|update|delete)\b/i;
/** They return a row for each changed row. */
const RETURNING = /^\s*(?:insert|update|delete|with)\b[^]*\breturning\b/i;
const isNothing = (answer: unknown) => Array.isArray(answer) && answer.length === 0;
/** In a statement whose changes may be lost in a power failure: nobody waits for the disk because of it. */
export const MAY_BE_LOST = '/* may be lost */';
/** The same for all statements about these tables. */
const UNIMPORTANT = /\b(?:rate_limit_takes|write_probe)\b/;
const mayBeLost = (sql: string): boolean => sql.includes(MAY_BE_LOST) || UNIMPORTANT.test(sql);

type Run = (this: unknown, sql: string, ...rest: unknown[]) => unknown;
interface Connection {
  run: Run;
  all: Run;
}

interface Client {
  releaseConnection(connection: unknown): Promise<void>;
  destroy(...args: unknown[]): Promise<void>;
  transaction(...args: unknown[]): { _promise: Promise<unknown> };
}

/**
 * Makes commits durable before callers are informed of them. SQLite writes commits to its log (`…-wal`) without waiting
 * for the disk (`synchronous = normal`). This class waits for the disk after the connection has been released, so that
 * all commits during one disk sync share the next one. A commit is completely in the log when it ends, and SQLite syncs
 * the log before a checkpoint. So after a power failure the file is the same as with `synchronous = full`.
 */
export class WalSync {
  private written = 0;
  private synced = 0;
  private running: Promise<void> | undefined;
  private log: FileHandle | undefined;

  /** @param datasync waits until the log is on the disk */
  constructor(
    private readonly file: string,
    private readonly datasync = (log: FileHandle) => log.datasync(),
  ) {}

  /** Tracks the writes of a connection that are in the log: at the end of a statement, or of its transaction. */
  watch(connection: Connection): void {
    let [isInTransaction, hasWritten] = [false, false];
    const ended = (sql: string, isWithoutEffect: boolean) => {
      if (BEGIN.test(sql)) [isInTransaction, hasWritten] = [true, false];
      hasWritten ||= !isWithoutEffect && !READING.test(sql) && !mayBeLost(sql);
      if (END.test(sql)) isInTransaction = false;
      if (isInTransaction || !hasWritten) return;
      hasWritten = false;
      this.written++;
    };
    for (const name of ['run', 'all'] as const) {
      const original = connection[name].bind(connection);
      connection[name] = (sql: string, ...rest: unknown[]) => {
        const done = rest.at(-1);
        const args = typeof done === 'function' ? rest.slice(0, -1) : rest;
        return original(sql, ...args, function (this: unknown, error: Error | null, ...answer: unknown[]) {
          const { changes } = this as { readonly changes?: number };
          const isWithoutEffect =
            name === 'run' ? changes === 0 && CHANGING.test(sql) : isNothing(answer[0]) && RETURNING.test(sql);
          if (!error) ended(sql, isWithoutEffect);
          if (typeof done === 'function') done.call(this, error, ...answer);
        });
      };
    }
  }

  /** Makes every writer wait after its connection is released. */
  install(db: Knex): void {
    const client = db.client as Client;
    const release = client.releaseConnection.bind(client);
    let seen = this.written;
    client.releaseConnection = (connection) => {
      // There is only one connection: everything written since its last release was written by its last user.
      const hasWritten = this.written > seen;
      seen = this.written;
      const released = release(connection).then(() => (hasWritten ? this.wait() : undefined));
      released.catch(() => undefined); // transactions ignore this promise and wait below
      return released;
    };
    const transaction = client.transaction.bind(client);
    client.transaction = (...args) => {
      const begun = transaction(...args);
      begun._promise = begun._promise.then(async (result) => {
        await this.wait();
        return result;
      });
      return begun;
    };
    const destroy = client.destroy.bind(client);
    client.destroy = async (...args) => {
      await destroy(...args);
      await this.log?.close();
      this.log = undefined;
    };
  }

  /** Resolves when everything that was written before the call is on the disk. */
  async wait(): Promise<void> {
    const wanted = this.written;
    while (this.synced < wanted) {
      this.running ??= this.sync().finally(() => {
        this.running = undefined;
      });
      await this.running;
    }
  }

  private async sync(): Promise<void> {
    const written = this.written;
    this.log ??= await this.openLog();
    await this.datasync(this.log);
    this.synced = written;
  }

  private async openLog(): Promise<FileHandle> {
    const log = await open(`${this.file}-wal`, 'r');
    const folder = await open(dirname(this.file), 'r');
    try {
      await folder.sync(); // otherwise the log file itself could be lost
    } finally {
      await folder.close();
    }
    return log;
  }
}
