import type { Telemetry } from '../../../ports/telemetry.js';

/** Reports to the operator once that entries of a directory have no persistent id. */
export class MissingIds {
  private hasReported = false;

  /** @param looked the attributes that were checked for an id */
  constructor(
    private readonly source: string,
    private readonly looked: readonly string[],
    private readonly telemetry: Telemetry,
  ) {}

  /** @param entries number of entries without an id in a listing */
  listed(entries: number): void {
    if (entries > 0 && !this.hasReported) {
      const facts = { event: 'directory_without_ids', source: this.source, entries, looked: this.looked.join(', ') };
      this.telemetry.warn('entries have no permanent id; people are recognised by their distinguished name', facts);
    }
    this.hasReported = entries > 0;
  }
}
