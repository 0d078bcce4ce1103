import { defineConfig } from 'vitest/config';

/** `fast` needs Node alone; `real` talks to slapd, PostgreSQL, SMTP and a started server. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          // Modules are loaded once for all files: nothing of ours keeps state in them.
          isolate: false,
          include: ['test/*.test.ts', 'test/domain/**/*.test.ts', 'test/http/**/*.test.ts', 'test/app/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/adapters/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
