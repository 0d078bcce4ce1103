import { defineConfig } from 'vitest/config';

/** What talks to real servers, or to the built program. */
const real = ['test/**/*.integration.test.ts', 'test/e2e/**/*.test.ts'];

/** Of those, the ones that measure times, or need the whole machine: no other file runs beside them. */
const alone = [
  'test/adapters/knex/pgbouncer.integration.test.ts',
  'test/adapters/knex/revocations.integration.test.ts',
  'test/adapters/ldap/failures.integration.test.ts',
  'test/e2e/chaos.test.ts',
  'test/e2e/database-faults.test.ts',
  'test/e2e/failures.test.ts',
  'test/e2e/followed-upstream.test.ts',
  'test/e2e/large-directory.test.ts',
];

const againstServers = {
  globalSetup: ['test/support/global-setup.ts'],
  // For the slowest machine: what waits for an event has a limit of its own.
  testTimeout: 120_000,
  hookTimeout: 180_000,
};

/**
 * `fast` needs Node alone; `real` and `real-alone` start slapd, PostgreSQL, SMTP and the built server where a test
 * asks for them. The three run one after another, for a machine with two cores.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/failed-files-reporter.ts'],
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
          // Modules are loaded once for all files of a worker: nothing of ours keeps state in them.
          isolate: false,
          testTimeout: 60_000, // ends tests that hang, not those on a slow machine
          include: ['test/**/*.test.ts'],
          exclude: real,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...againstServers,
          name: 'real',
          include: real,
          exclude: alone,
          // These tests wait most of their time, so a third file has processor time left.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...againstServers,
          name: 'real-alone',
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
