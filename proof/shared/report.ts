/** What a proof found, printed as it goes. */
export class Report {
  private readonly failures: string[] = [];
  private passed = 0;

  heading(text: string): void {
    process.stdout.write(`\n${text}\n`);
  }

  /** A fact that is neither right nor wrong. */
  note(text: string): void {
    process.stdout.write(`    ${text}\n`);
  }

  /** @param seen what was seen instead, as JSON if it is no text */
  check(claim: string, isRight: boolean, seen?: unknown): void {
    process.stdout.write(`  ${isRight ? '✓' : '✗'} ${claim}\n`);
    if (isRight) this.passed += 1;
    else this.failures.push(claim);
    if (seen !== undefined) this.note(typeof seen === 'string' ? seen : JSON.stringify(seen));
  }

  /** Runs one step; an error in it fails the step and not the rest. */
  async step(title: string, run: () => Promise<void>): Promise<void> {
    this.heading(title);
    try {
      await run();
    } catch (error) {
      this.check(title, false, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  /** Prints the result. @returns whether everything is as it should be */
  close(): boolean {
    this.heading(`${this.passed} right, ${this.failures.length} wrong`);
    for (const failure of this.failures) process.stdout.write(`  ✗ ${failure}\n`);
    return this.failures.length === 0;
  }
}
