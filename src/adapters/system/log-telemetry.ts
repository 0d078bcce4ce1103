import { finished } from 'node:stream/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createLogger, format, transports, type Logger } from 'winston';
import type { Facts, Telemetry } from '../../ports/telemetry.js';
import { reportError, type ErrorReport } from './error-report.js';
import { LogFile } from './log-file.js';
import { jsonLine, prettyLine, type LogEntry } from './log-lines.js';
import type { KnownValues } from './declared-metrics.js';
import { Metrics, type Sample } from './metrics.js';

export interface LogOptions {
  /** The minimum level that is written. */
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `json`: one object per line; `pretty`: for terminals. */
  readonly format: 'json' | 'pretty';
  /** Log file, used instead of stderr. */
  readonly file?: string;
}

/** The interval at which buffered lines are written under load. */
const WRITE_EVERY_MS = 10;

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/**
 * Logging with winston, metrics with prom-client. The caller must close it. Log lines are buffered and written together
 * in the next turn of the event loop, or every 10 ms if there are many. Warnings, errors and the end of the process flush
 * the buffer immediately.
 */
export class LogTelemetry implements Telemetry {
  /** All metrics, for export. */
  readonly registry = new Registry();

  private readonly metrics = new Metrics(this.registry);
  private readonly logger: Logger;
  private readonly line: (entry: LogEntry) => string;
  private readonly levels: ReadonlySet<string>;
  private readonly atExit = () => this.flush();
  private pending: string[] = [];
  private writtenAt = -Infinity;
  private writing: NodeJS.Timeout | undefined;
  private readonly file: LogFile | undefined;
  private isClosed = false;

  /** @throws if the log file cannot be opened */
  constructor(
    options: LogOptions,
    private readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {
    this.file = options.file === undefined ? undefined : new LogFile(options.file);
    // If the reader of the log exits, as with `islet serve 2>&1 | head`, the service must continue.
    stderr.off('error', ignore).on('error', ignore);
    const hasColour = !this.file && stderr.isTTY;
    this.line = options.format === 'json' ? jsonLine : (entry: LogEntry) => prettyLine(entry, hasColour);
    this.levels = new Set(LEVELS.slice(0, LEVELS.indexOf(options.level) + 1));
    this.logger = createLogger({
      level: options.level,
      format: format.printf(({ message }) => String(message)),
      transports: [new transports.Stream({ stream: this.file ?? stderr, eol: '\n' })],
    });
    this.logger.on('error', ignore);
    process.once('exit', this.atExit);
    // Memory, CPU time and event loop delay.
    collectDefaultMetrics({ register: this.registry });
  }

  debug(message: string, facts: Facts = {}): void {
    this.write('debug', message, facts);
  }

  info(message: string, facts: Facts = {}): void {
    this.write('info', message, facts);
  }

  warn(message: string, facts: Facts = {}, cause?: unknown): void {
    this.write('warn', message, facts, cause);
    this.flush();
  }

  error(message: string, facts: Facts = {}, cause?: unknown): void {
    this.write('error', message, facts, cause);
    this.flush();
  }

  count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    this.measure(name, () => this.metrics.count(name, labels, by));
  }

  observe(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    this.measure(name, () => this.metrics.observe(name, value, labels));
  }

  /** Replaces all values of a gauge. */
  gauge(name: string, samples: readonly Sample[]): void {
    this.measure(name, () => this.metrics.set(name, samples));
  }

  /** Initializes the counters and histograms with these label values to 0. */
  startAtZero(known: Partial<KnownValues>): void {
    this.metrics.startAtZero(known);
  }

  /** Opens the log file again after log rotation has renamed it. */
  reopen(): void {
    this.flush();
    try {
      this.file?.reopen();
    } catch (cause) {
      const facts = { event: 'log_file_not_reopened' };
      this.error('log file cannot be reopened; the old one is used', facts, cause);
    }
  }

  /** Resolves when everything is written. Later entries are discarded. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.flush();
    this.isClosed = true;
    process.off('exit', this.atExit);
    const [transport] = this.logger.transports;
    this.logger.end();
    if (transport) await finished(transport as unknown as NodeJS.WritableStream);
    if (this.file) await finished(this.file.end());
    else await new Promise<unknown>((flushed) => this.stderr.write('', flushed));
  }

  private write(level: string, message: string, facts: Facts, cause?: unknown): void {
    if (this.isClosed || !this.levels.has(level)) return;
    const report: { cause?: ErrorReport } = cause === undefined ? {} : { cause: safely(cause) };
    const entry: LogEntry = { time: isoTime(Date.now()), level, message, facts, ...report };
    if (this.pending.push(this.line(entry)) === 1) this.planWrite();
  }

  private planWrite(): void {
    const waitMs = this.writtenAt + WRITE_EVERY_MS - performance.now();
    if (waitMs <= 0) setImmediate(this.atExit);
    else this.writing = setTimeout(this.atExit, waitMs);
  }

  private measure(metric: string, work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.error('metric cannot be recorded', { event: 'metric_failed', metric }, cause);
    }
  }

  private flush(): void {
    clearTimeout(this.writing);
    if (this.pending.length === 0) return;
    this.writtenAt = performance.now();
    const message = this.pending.join('\n');
    this.pending = [];
    this.logger.log({ level: 'error', message });
  }
}

const ignore = (): void => {};

let [lastMs, lastTime] = [Number.NaN, ''];

/** Many lines are of the same millisecond. @param now ms since the epoch */
function isoTime(now: number): string {
  if (now !== lastMs) [lastMs, lastTime] = [now, new Date(now).toISOString()];
  return lastTime;
}

/** Some errors throw when their properties are read. */
function safely(cause: unknown): ErrorReport {
  try {
    return reportError(cause);
  } catch {
    return { name: 'unknown', message: 'an error that cannot be read' };
  }
}
