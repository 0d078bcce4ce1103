import { MemoryHashIndex } from '../../src/adapters/memory/hash-index.js';

/** An index in which a pepper is not hashed before the test says so. */
export class SlowIndex extends MemoryHashIndex {
  private readonly underWay: (() => void)[] = [];
  isSlow = false;

  override async prepare(pepper: string): Promise<void> {
    if (this.isSlow) await new Promise<void>((done) => this.underWay.push(done));
    await super.prepare(pepper);
  }

  finish(): void {
    for (const done of this.underWay.splice(0)) done();
  }
}
