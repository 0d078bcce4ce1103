import type { TestProject } from 'vitest/node';
import { ensurePackages, exists } from './debian.js';
import { findPostgres, startPostgres } from './postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL server for all tests of the run; each makes databases of its own with `freshDatabase`. */
    postgresUrl: string;
  }
}

/** Has ready what the tests of the project `real` talk to. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await ensurePackages([
    { name: 'slapd', isThere: () => exists('/usr/sbin/slapd') },
    { name: 'ldap-utils', isThere: () => exists('/usr/bin/ldapsearch') },
    { name: 'chromium', isThere: () => exists('/usr/bin/chromium') },
    { name: 'postgresql', isThere: async () => (await findPostgres()) !== undefined },
  ]);
  const postgres = await startPostgres((await findPostgres()) ?? '');
  project.provide('postgresUrl', postgres.url);
  return () => postgres.stop();
}
