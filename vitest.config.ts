import { defineConfig } from 'vitest/config';

/** What talks to real servers, or to the built program. */
const real = ['test/**/*.integration.test.ts', 'test/e2e/**/*.test.ts'];

/** `fast` needs Node alone; `real` starts slapd, PostgreSQL, SMTP and the built server where a test asks for them. */
export default defineConfig({
  test: {
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: '.cache/coverage',
    },
    projects: [
      {
        test: {
          name: 'fast',
          // Modules are loaded once for all files: nothing of ours keeps state in them.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: real,
        },
      },
      {
        test: {
          name: 'real',
          include: real,
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
