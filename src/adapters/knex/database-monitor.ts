import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Telemetry } from '../../ports/telemetry.js';
import { DatabaseCircuit } from './database-circuit.js';
import { DatabaseFileGoneError, type DatabaseProbe, postgresProbe, sqliteProbe } from './database-probes.js';
import { isPostgres } from './dialect.js';
import { isLost, lostReason } from './lost-database.js';

const TRY_EVERY_MS = 2_000;
const TRY_AGAIN_EVERY_MS = 1_000;
/** A database without any answer for this long is considered unresponsive. */
const ANSWER_WITHIN_MS = 4_000;
/** If this process was blocked, the answer has already arrived and is read within this time. */
const GRACE_MS = 250;
/** Monitoring systems do not wait longer for a health check. */
const SAY_WITHIN_MS = 2_000;
const FRESH_MS = 1_000;

export interface DatabaseState {
  readonly isOk: boolean;
  /** The reason if it is not. */
  readonly failure?: string;
}

/**
 * @param db the opened database
 * @param meanwhile what the service does during an outage, for the log
 */
export async function monitorDatabase(db: Knex, telemetry: Telemetry, meanwhile: string): Promise<DatabaseMonitor> {
  const circuit = new DatabaseCircuit(db);
  const probe = isPostgres(db)
    ? postgresProbe(db, circuit)
    : await sqliteProbe(circuit, (db.client.config.connection as { filename: string }).filename);
  return new DatabaseMonitor(probe, circuit, telemetry, meanwhile);
}

/**
 * Checks every two seconds whether the database responds and is writable, reports changes, and opens the circuit while
 * it is unavailable.
 */
export class DatabaseMonitor {
  private state: DatabaseState = { isOk: true };
  private reason: string | undefined;
  private triedAt = -Infinity;
  private runningCheck: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly probe: DatabaseProbe,
    private readonly circuit: DatabaseCircuit,
    private readonly telemetry: Telemetry,
    private readonly meanwhile: string,
  ) {}

  start(): void {
    void this.try().then(() => {
      if (this.isClosed) return;
      this.timer = setTimeout(() => this.start(), this.state.isOk ? TRY_EVERY_MS : TRY_AGAIN_EVERY_MS).unref();
    });
  }

  /** The state of the database, at most one second old. Waits two seconds at most. */
  async check(): Promise<DatabaseState> {
    if (performance.now() - this.triedAt < FRESH_MS) return this.state;
    const since = this.triedAt;
    await Promise.race([this.try(), pause(SAY_WITHIN_MS, undefined, { ref: false })]);
    if (this.triedAt !== since || !this.state.isOk) return this.state;
    // An SQLite file has one user, which may be busy with a large sync.
    return this.probe.isRemote ? { isOk: false, failure: `it does not answer; ${this.meanwhile}` } : this.state;
  }

  /** Waits for a running check. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await Promise.race([this.runningCheck, pause(SAY_WITHIN_MS, undefined, { ref: false })]);
  }

  private try(): Promise<void> {
    this.runningCheck ??= this.tryNow().finally(() => {
      this.runningCheck = undefined;
    });
    return this.runningCheck;
  }

  private async tryNow(): Promise<void> {
    const isAway = this.circuit.openedBecause !== undefined;
    const since = performance.now();
    const trying = this.probe.try(isAway);
    trying.catch(() => undefined);
    try {
      await (this.probe.isRemote ? Promise.race([trying, hangs()]) : trying);
      this.triedAt = performance.now();
      this.telemetry.observe('database_check_seconds', (this.triedAt - since) / 1000);
      this.recovered();
    } catch (error) {
      this.triedAt = performance.now();
      // If other queries are answered, the database is only busy. If only this statement is refused, the database is
      // available.
      const isBusy = error instanceof HangingError && !isAway && this.circuit.releasedAt > since;
      if (isBusy || isOfStatement(error)) this.recovered();
      else this.failed(error);
    }
  }

  private recovered(): void {
    this.circuit.close();
    if (this.state.isOk) return;
    this.reason = undefined;
    this.state = { isOk: true };
    this.telemetry.info('the database is available again', { event: 'database_available' });
  }

  private failed(error: unknown): void {
    const reason = error instanceof DatabaseFileGoneError ? error.message : lostReason(error);
    // If only writing fails, reading continues.
    if (!isReadable(error)) this.circuit.open(reason, { cut: error instanceof HangingError });
    if (this.isClosed || this.reason === reason) return;
    this.reason = reason;
    this.state = { isOk: false, failure: `${reason}; ${this.meanwhile}` };
    this.telemetry.warn(`the database is not available: ${reason}; ${this.meanwhile}`, {
      event: 'database_unavailable',
      reason,
    });
  }
}

const isReadable = (error: unknown): boolean =>
  isLost(error) && /^(?:25006|53100|SQLITE_FULL|SQLITE_READONLY)$/.test(String((error as { code?: unknown }).code));

/** A specific SQLSTATE, for example if the role may not write to this table. */
const isOfStatement = (error: unknown): boolean =>
  !isLost(error) && /^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code));

class HangingError extends Error {
  override readonly name = 'HangingError';
}

async function hangs(): Promise<never> {
  await pause(ANSWER_WITHIN_MS, undefined, { ref: false });
  await pause(GRACE_MS, undefined, { ref: false });
  throw new HangingError(`it has not answered for ${ANSWER_WITHIN_MS / 1_000} seconds`);
}
