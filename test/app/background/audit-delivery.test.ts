import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deliverAudit } from '../../../src/app/background/audit-delivery.js';
import type { AuditEntry } from '../../../src/ports/audit-log.js';
import { FakeClock, RecordingTelemetry } from '../../support/fakes.js';
import { MemoryAuditLog } from '../../support/memory/audit-log.js';

const entry: AuditEntry = { seq: 4, at: 0, action: 'bound', mxid: '@a:example.org', medium: 'email', by: 'operator' };

/** Delivers the entries in `waiting`, like a database. */
class Waiting extends MemoryAuditLog {
  waiting: AuditEntry[] = [];
  /** Entries that are added during each delivery. */
  arriving = 0;

  override handOver = async (write?: (entries: readonly AuditEntry[]) => void, limit = Infinity): Promise<number> => {
    const delivered = this.waiting.splice(0, limit);
    if (delivered.length > 0) write?.(delivered);
    this.waiting.push(...Array.from({ length: this.arriving }, () => entry));
    return delivered.length;
  };
}

describe('the audit trail', () => {
  let folder: string;
  let audit: Waiting;
  let telemetry: RecordingTelemetry;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-audit-'));
    audit = new Waiting(new FakeClock());
    telemetry = new RecordingTelemetry();
  });
  afterEach(() => rm(folder, { recursive: true }));
  const deliver = (file?: string) => deliverAudit(audit, { file, keepMs: 1 }, new FakeClock(), telemetry);

  it('is written to its file, one object per line, and to a new file after a rotation', async () => {
    const file = join(folder, 'audit.log');
    audit.waiting = [entry];
    const delivery = deliver(file);
    await delivery.close();
    const again = deliver(file);
    await rename(file, join(folder, 'audit.log.1'));
    again.reopen();
    audit.waiting = [{ ...entry, seq: 5, detail: 'a\nb' }];
    await again.close();
    expect(await readFile(join(folder, 'audit.log.1'), 'utf8')).toBe(
      '{"seq":4,"time":"1970-01-01T00:00:00.000Z","action":"bound","mxid":"@a:example.org","medium":"email","by":"operator"}\n',
    );
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ seq: 5, detail: 'a\nb' }),
    ]);
    expect(telemetry.lines).toEqual([]);
  });

  it('leaves what is added during the delivery for the next time, and nothing that waited before', async () => {
    audit.waiting = Array.from({ length: 1_200 }, () => entry);
    audit.arriving = 3;
    await deliver().close();
    expect(telemetry.all('audit').length).toBeGreaterThan(1_200);
    expect(audit.waiting.length).toBeLessThan(10);
  });

  it('is written to the log if it has no file', async () => {
    audit.waiting = [entry];
    await deliver().close();
    expect(telemetry.all('audit')).toEqual([entry]);
  });

  it('stops the start if its file cannot be opened', () => {
    expect(() => deliver(join(folder, 'missing', 'audit.log'))).toThrow('audit.file cannot be opened');
  });
});
