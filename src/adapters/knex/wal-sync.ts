import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Knex } from 'knex';

/** What changes nothing. A transaction that changes something has other statements. */
const READING = /^\s*(?:select|pragma|explain|begin|commit|rollback|savepoint|release)\b/i;
const BEGIN = /^\s*begin\b/i;
const END = /^\s*(?:commit|rollback)\b(?!\s+to\b)/i;
/** What may be as it was a moment before a power cut. */
const UNIMPORTANT = /\b(?:rate_limit_takes|write_probe)\b/;

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
 * Makes that what was committed survives a power cut before anybody is told of it. SQLite writes commits into its log
 * (`…-wal`) without waiting for the disk (`synchronous = normal`); this waits, after the connection has been given to
 * the next, so that all commits that come while the disk works share one wait. What a commit needs is in the log
 * before it ends, and SQLite itself syncs the log before it moves it into the file: after a power cut the file is as
 * with `synchronous = full`.
 */
export class WalSync {
  private written = 0;
  private synced = 0;
  private running: Promise<void> | undefined;
  private log: FileHandle | undefined;

  /** @param datasync waits until what was written to the log is on the disk */
  constructor(
    private readonly file: string,
    private readonly datasync = (log: FileHandle) => log.datasync(),
  ) {}

  /** Notes what a connection has written, once it is in the log: at the end of a statement, or of its transaction. */
  watch(connection: Connection): void {
    let [isInTransaction, hasWritten] = [false, false];
    const ended = (sql: string) => {
      if (BEGIN.test(sql)) [isInTransaction, hasWritten] = [true, false];
      hasWritten ||= !READING.test(sql) && !UNIMPORTANT.test(sql);
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
          if (!error) ended(sql);
          if (typeof done === 'function') done.call(this, error, ...answer);
        });
      };
    }
  }

  /** Has everybody who wrote wait, once their connection is given back. */
  install(db: Knex): void {
    const client = db.client as Client;
    const release = client.releaseConnection.bind(client);
    let seen = this.written;
    client.releaseConnection = (connection) => {
      // There is one connection: what was written since it was given back last, its last user wrote.
      const hasWritten = this.written > seen;
      seen = this.written;
      const released = release(connection).then(() => (hasWritten ? this.wait() : undefined));
      released.catch(() => undefined); // a transaction does not look at it, and waits below
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
      await folder.sync(); // or the log itself could be gone
    } finally {
      await folder.close();
    }
    return log;
  }
}
