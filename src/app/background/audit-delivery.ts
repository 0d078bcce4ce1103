import { appendFileSync, closeSync, fsyncSync, openSync } from 'node:fs';
import { printableJson } from '../../domain/shared/printable.js';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.js';
import type { Clock } from '../../ports/clock.js';
import type { Telemetry } from '../../ports/telemetry.js';
import { runPeriodically, type Schedule } from './periodic.js';

const EVERY_MS = 2_000;
const AT_ONCE = 500;
const PURGE_EVERY_MS = 60 * 60_000;

export interface AuditOptions {
  /** Absent: the entries go into the log. */
  readonly file?: string | undefined;
  readonly keepMs: number;
}

export interface AuditDelivery extends Schedule {
  /** Opens the file again after log rotation has renamed it. */
  reopen(): void;
}

/**
 * Writes new entries of the audit trail to its file or to the log, and removes old ones. An entry is marked only when
 * it is on the disk, so that a crash repeats it and never loses it.
 *
 * @throws if the file cannot be opened
 */
export function deliverAudit(
  audit: AuditLog,
  { file, keepMs }: AuditOptions,
  clock: Clock,
  telemetry: Telemetry,
): AuditDelivery {
  const output = file === undefined ? undefined : new AuditFile(file);
  const write = (entries: readonly AuditEntry[]): void => {
    if (output) output.write(entries);
    else for (const entry of entries) telemetry.info('audit', { event: 'audit', ...entry });
  };
  const handOver = async () => {
    // Under load there are always new ones: they wait until the next time.
    while ((await audit.handOver(write, AT_ONCE)) === AT_ONCE);
  };
  const schedules = [
    runPeriodically(EVERY_MS, 'audit trail', telemetry, handOver),
    runPeriodically(PURGE_EVERY_MS, 'old audit entries', telemetry, () => audit.purge(clock.now() - keepMs)),
  ];
  return {
    reopen: () => output?.reopen(),
    close: async () => {
      await Promise.all(schedules.map((schedule) => schedule.close()));
      // What remains is written at the next start.
      await handOver().catch(() => undefined);
      output?.close();
    },
  };
}

/** One JSON object per line, as in the log. Unlike there, an entry that cannot be written is an error. */
class AuditFile {
  private descriptor: number;

  constructor(private readonly path: string) {
    try {
      this.descriptor = open(path);
    } catch (cause) {
      throw new Error('audit.file cannot be opened', { cause });
    }
  }

  write(entries: readonly AuditEntry[]): void {
    appendFileSync(this.descriptor, entries.map((entry) => `${lineOf(entry)}\n`).join(''));
    fsyncSync(this.descriptor);
  }

  /** If it cannot be opened, the old file is used until the next time. */
  reopen(): void {
    const next = open(this.path);
    closeSync(this.descriptor);
    this.descriptor = next;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

const open = (path: string): number => openSync(path, 'a', 0o640);

const lineOf = ({ seq, at, ...entry }: AuditEntry): string =>
  printableJson({ seq, time: new Date(at).toISOString(), ...entry }, 0);
