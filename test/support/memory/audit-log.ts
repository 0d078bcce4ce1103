import type { Clock } from '../../../src/ports/clock.js';
import type { Cause } from '../../../src/domain/shared/cause.js';
import type { AuditEntry, AuditLog, NewAuditEntry } from '../../../src/ports/audit-log.js';

/** Only what is added to it: the stores in memory write no audit trail. */
export class MemoryAuditLog implements AuditLog {
  readonly added: (NewAuditEntry & Cause & { readonly at: number })[] = [];

  constructor(private readonly clock: Clock) {}

  async add(entries: readonly NewAuditEntry[], cause: Cause): Promise<void> {
    this.added.push(...entries.map((entry) => ({ ...entry, ...cause, at: this.clock.now() })));
  }

  async find(): Promise<readonly AuditEntry[]> {
    return this.added.map(({ threepid: _address, ...entry }, index) => ({ ...entry, seq: index + 1 }) as AuditEntry);
  }

  handOver = async (): Promise<number> => 0;

  purge = async (): Promise<void> => undefined;
}
