import { MemoryHashIndex } from './memory/hash-index.js';

/** An index that hashes a pepper only when the test allows it. */
export class SlowIndex extends MemoryHashIndex {
  private readonly inFlight: (() => void)[] = [];
  isSlow = false;

  override async prepare(pepper: string): Promise<void> {
    if (this.isSlow) await new Promise<void>((done) => this.inFlight.push(done));
    await super.prepare(pepper);
  }

  finish(): void {
    for (const done of this.inFlight.splice(0)) done();
  }
}
