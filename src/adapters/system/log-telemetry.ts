import { finished } from 'node:stream/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createLogger, format, transports, type Logger } from 'winston';
import type { Facts, Telemetry } from '../../ports/telemetry.js';
import { reportError, type ErrorReport } from './error-report.js';
import { LogFile } from './log-file.js';
import { jsonLine, prettyLine, type LogEntry } from './log-lines.js';
import { Tally } from './tally.js';

export interface LogOptions {
  /** The least important level that is still written. */
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** `json` for machines, one object a line; `pretty` for terminals. */
  readonly format: 'json' | 'pretty';
  /** Written instead of stderr. */
  readonly file?: string;
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/**
 * The log by winston, the counters by prom-client. Whoever made it closes it. What requests say is written together,
 * when all those that came at the same time have been looked at; a warning, and the end of the process, do not wait.
 */
export class LogTelemetry implements Telemetry {
  /** Everything counted, for whoever publishes it. */
  readonly registry = new Registry();

  private readonly logger: Logger;
  private readonly line: (entry: LogEntry) => string;
  private readonly levels: ReadonlySet<string>;
  private readonly tally = new Tally(this.registry);
  private readonly atExit = () => this.flush();
  private pending: string[] = [];
  private readonly file: LogFile | undefined;
  private isClosed = false;

  /** @throws if the log file cannot be opened */
  constructor(
    options: LogOptions,
    private readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {
    this.file = options.file === undefined ? undefined : new LogFile(options.file);
    // A reader of the log that goes away, as `islet serve 2>&1 | head` does, must not end the service.
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
    // Memory, processor time, and how long requests were kept waiting by other work.
    collectDefaultMetrics({ register: this.registry });
  }

  info(message: string, facts: Facts = {}): void {
    this.write('info', message, facts);
  }

  warn(message: string, facts: Facts = {}, cause?: unknown): void {
    this.write('warn', message, facts, cause);
    this.flush();
  }

  count(name: string, labels: Readonly<Record<string, string>> = {}): void {
    try {
      this.tally.count(name, labels);
    } catch (cause) {
      this.warn('a counter cannot be counted', { counter: name }, cause);
    }
  }

  /** Goes on in a file of the same name, after a rotation has moved the old one away. */
  reopen(): void {
    this.flush();
    try {
      this.file?.reopen();
    } catch (cause) {
      this.warn('the log file cannot be opened again, the old one is kept', {}, cause);
    }
  }

  /** Resolves when everything is written. What is said later is not heard. */
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
    const entry: LogEntry = { time: new Date().toISOString(), level, message, facts, ...report };
    if (this.pending.push(this.line(entry)) === 1) setImmediate(this.atExit);
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    const message = this.pending.join('\n');
    this.pending = [];
    this.logger.log({ level: 'error', message });
  }
}

const ignore = (): void => {};

/** Errors can be made so that looking at them throws. */
function safely(cause: unknown): ErrorReport {
  try {
    return reportError(cause);
  } catch {
    return { name: 'unknown', message: 'an error that cannot be read' };
  }
}
