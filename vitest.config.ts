import { defineConfig } from 'vitest/config';

/** What needs Node alone, but takes longer: the embedded database, random requests, large data. */
const thorough = ['test/**/*.thorough.test.ts'];

/** What talks to real servers, or to the built program. */
const real = ['test/**/*.integration.test.ts', 'test/e2e/**/*.test.ts'];

/** Of those, the ones with short time limits, which mostly wait: they run beside each other only. */
const waiting = [
  'test/adapters/knex/pgbouncer.integration.test.ts',
  'test/adapters/ldap/failures.integration.test.ts',
  'test/e2e/database-faults.test.ts',
  'test/e2e/database-file-faults.test.ts',
];
/** And the one that needs the whole machine. */
const alone = ['test/e2e/chaos.test.ts'];

/** How long `expect.poll` waits. It only ends tests that hang, not those on a slow machine. */
const patient = { expect: { poll: { timeout: 50_000 } } };

const againstServers = {
  ...patient,
  // For the slowest machine: what waits for an event has a limit of its own.
  testTimeout: 300_000,
  hookTimeout: 300_000,
};

/**
 * `fast` needs Node alone and a minute; the others start slapd, PostgreSQL, SMTP and the built server where a test
 * asks for them. `real` includes what is thorough. The groups run one after another, for a machine with two cores.
 */
export default defineConfig({
  test: {
    // What one project has compiled, the others do not compile again.
    experimental: { fsModuleCache: true },
    // Once for all projects: the build, PostgreSQL and Samba are shared.
    globalSetup: ['test/support/global-setup.ts'],
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
          ...patient,
          name: 'fast',
          // Modules are loaded once for all files of a worker: nothing of ours keeps state in them.
          isolate: false,
          // They end tests that hang, not those on a slow machine.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          include: ['test/**/*.test.ts'],
          exclude: [...thorough, ...real],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...againstServers,
          name: 'real',
          isolate: false, // as above
          include: [...thorough, ...real],
          exclude: [...waiting, ...alone],
          // These tests wait most of their time, so a third file has processor time left.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...againstServers,
          name: 'real-waiting',
          isolate: false, // as above
          include: waiting,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...againstServers,
          name: 'real-alone',
          isolate: false, // as above
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
