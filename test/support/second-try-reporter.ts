import type { TestCase } from 'vitest/node';
import type { Reporter } from 'vitest/reporters';

/** Lists the tests that failed and passed at their second try (`--retry=1`), so that nobody overlooks them. */
export default class SecondTryReporter implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#names.push(`${test.module.relativeModuleId} > ${test.fullName}`);
  }

  onTestRunEnd(): void {
    if (this.#names.length === 0) return;
    process.stderr.write(`\nPassed at the second try:\n${this.#names.map((name) => `  ${name}\n`).join('')}`);
  }
}
