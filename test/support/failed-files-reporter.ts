import { rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { SerializedError } from 'vitest';
import type { TestModule, TestRunEndReason } from 'vitest/node';
import type { Reporter } from 'vitest/reporters';

/** Where the files with failed tests are listed, a line each: `.ci/run` reads it. */
const LIST = '.cache/failed-tests.txt';

/** Lists the files whose tests failed. There is no list if the run failed for another reason, too. */
export default class FailedFilesReporter implements Reporter {
  onInit(): void {
    rmSync(LIST, { force: true });
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const failed = modules.filter((module) => !module.ok()).map((module) => `${module.relativeModuleId}\n`);
    if (reason !== 'failed' || errors.length > 0 || failed.length === 0) return;
    await mkdir('.cache', { recursive: true });
    await writeFile(LIST, failed.join(''));
  }
}
