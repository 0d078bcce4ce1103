import type { Telemetry } from '../../../ports/telemetry.js';

/** Tells the operator once that entries of a directory have no lasting id. */
export class MissingIds {
  private hasTold = false;

  /** @param looked the attributes in which an id was looked for */
  constructor(
    private readonly source: string,
    private readonly looked: readonly string[],
    private readonly telemetry: Telemetry,
  ) {}

  /** @param entries how many of a listing have none */
  listed(entries: number): void {
    if (entries > 0 && !this.hasTold) {
      const facts = { event: 'directory_without_ids', source: this.source, entries, looked: this.looked.join(', ') };
      this.telemetry.warn('entries have no permanent id; people are recognised by distinguished name', facts);
    }
    this.hasTold = entries > 0;
  }
}
