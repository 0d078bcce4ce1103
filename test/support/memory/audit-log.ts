import type { Cause } from '../../../src/domain/shared/cause.js';
import type { AuditEntry, AuditLog, NewAuditEntry } from '../../../src/ports/audit-log.js';

/** Only what is added to it: the stores in memory write no audit trail. */
export class MemoryAuditLog implements AuditLog {
  readonly added: (NewAuditEntry & Cause)[] = [];

  async add(entries: readonly NewAuditEntry[], cause: Cause): Promise<void> {
    this.added.push(...entries.map((entry) => ({ ...entry, ...cause })));
  }

  async find(): Promise<readonly AuditEntry[]> {
    return this.added.map(({ threepid: _address, action, by }, index) => ({ seq: index + 1, at: 0, action, by }));
  }

  handOver = async (): Promise<number> => 0;

  purge = async (): Promise<void> => undefined;
}
