/** The results of a proof, printed while it runs. */
export class Report {
  private readonly failures: string[] = [];
  private passed = 0;

  heading(text: string): void {
    process.stdout.write(`\n${text}\n`);
  }

  /** Information without a check. */
  note(text: string): void {
    process.stdout.write(`    ${text}\n`);
  }

  /** @param seen the actual result, as JSON if it is not a string */
  check(claim: string, isRight: boolean, seen?: unknown): void {
    process.stdout.write(`  ${isRight ? '✓' : '✗'} ${claim}\n`);
    if (isRight) this.passed += 1;
    else this.failures.push(claim);
    if (seen !== undefined) this.note(typeof seen === 'string' ? seen : JSON.stringify(seen));
  }

  /** Runs one step. An error fails this step but not the other ones. */
  async step(title: string, run: () => Promise<void>): Promise<void> {
    this.heading(title);
    try {
      await run();
    } catch (error) {
      this.check(title, false, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  /** Prints the result. @returns whether all checks passed */
  close(): boolean {
    this.heading(`${this.passed} right, ${this.failures.length} wrong`);
    for (const failure of this.failures) process.stdout.write(`  ✗ ${failure}\n`);
    return this.failures.length === 0;
  }
}
