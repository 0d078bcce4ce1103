import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogTelemetry } from '../../../adapters/system/log-telemetry.js';
import { removePidFile, writePidFile } from '../../installation/pid-file.js';
import { logOf } from '../../wiring/open-log.js';
import type { Config } from '../../config/config.js';
import { WORKER_COUNT, WORKER_NUMBER, type WorkerMessage } from './worker-messages.js';

/** Workers end by themselves after 24 s, and supervisors kill all after 30 s. */
const SHUTDOWN_MS = 26_000;
const PAUSE_BEFORE_RESTART_MS = 1_000;

/**
 * Runs several processes that answer on the same address, each like an instance on its own machine, until SIGTERM or
 * SIGINT. A worker that ends is started again. SIGHUP is passed on.
 *
 * @throws an error if the database is an SQLite file, or if a worker does not start
 */
export async function serveWithWorkers(config: Config, count: number): Promise<void> {
  if (config.database.kind === 'sqlite')
    throw new Error(
      '--workers: an SQLite file is for one process; use PostgreSQL (`database.url`), or leave out --workers',
    );
  const telemetry = logOf(config);
  const primary = new Primary(count, telemetry);
  const stopped = new Promise<void>((resolve) => process.once('SIGTERM', resolve).once('SIGINT', resolve));
  process.on('SIGHUP', () => {
    telemetry.reopen();
    primary.signal('SIGHUP');
  });
  try {
    await primary.start(stopped);
    await writePidFile(config.pidFile);
    await stopped;
  } finally {
    await primary.stop();
    await removePidFile(config.pidFile);
    await telemetry.close();
  }
}

class Primary {
  private readonly workers = new Map<number, Worker>();
  private isStopping = false;

  constructor(
    private readonly count: number,
    private readonly telemetry: LogTelemetry,
  ) {
    cluster.on('message', (_worker, message: WorkerMessage) => {
      if (!('to' in message)) return;
      for (const [number, worker] of this.workers)
        if ((number === 1) === (message.to === 'first') && worker.isConnected()) worker.send(message.body);
    });
  }

  /** The first one starts alone: it creates what is missing in the data folder, and brings the database up to date. */
  async start(stopped: Promise<void>): Promise<void> {
    void stopped.then(() => (this.isStopping = true));
    for (const numbers of [[1], Array.from({ length: this.count - 1 }, (_, i) => i + 2)]) {
      if (this.isStopping) return;
      await Promise.race([stopped, Promise.all(numbers.map((number) => this.startFirstTime(number)))]);
    }
    for (const [number, worker] of this.workers) this.keepRunning(number, worker);
    if (!this.isStopping) this.telemetry.info('workers started', { event: 'workers_started', workers: this.count });
  }

  signal(signal: NodeJS.Signals): void {
    for (const { process: child } of this.workers.values()) child.kill(signal);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const running = [...this.workers.values()].filter((worker) => !worker.isDead());
    const ended = Promise.all(running.map((worker) => once(worker, 'exit')));
    this.signal('SIGTERM');
    if ((await Promise.race([ended, pause(SHUTDOWN_MS, 'late' as const, { ref: false })])) === 'late')
      this.signal('SIGKILL');
    await ended;
  }

  private fork(number: number): Worker {
    const worker = cluster.fork({ [WORKER_NUMBER]: String(number), [WORKER_COUNT]: String(this.count) });
    this.workers.set(number, worker);
    return worker;
  }

  private async startFirstTime(number: number): Promise<void> {
    const worker = this.fork(number);
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: WorkerMessage) => 'isReady' in message && resolve());
      worker.once('exit', () => reject(new Error(`worker ${number} did not start`)));
    });
  }

  private keepRunning(number: number, worker: Worker): void {
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (this.isStopping) return;
      const facts = { event: 'worker_ended', worker: number, code: code ?? undefined, signal: signal ?? undefined };
      this.telemetry.error('a worker ended; it is started again', facts);
      setTimeout(() => {
        if (!this.isStopping) this.keepRunning(number, this.fork(number));
      }, PAUSE_BEFORE_RESTART_MS);
    });
  }
}
