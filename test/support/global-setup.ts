import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensurePackages, exists, isInstalled } from './debian.js';
import { findPostgres, startPostgres } from './postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL server for all tests of the run; each makes databases of its own with `freshDatabase`. */
    postgresUrl: string;
    /** Who signed its certificate, PEM. */
    postgresCa: string;
    /** An empty folder for what the first file of the run that starts Samba makes for all. */
    sambaFolder: string;
  }
}

/** Has ready what the tests of the project `real` talk to. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  await ensurePackages([
    { name: 'slapd', isThere: () => exists('/usr/sbin/slapd') },
    { name: 'ldap-utils', isThere: () => exists('/usr/bin/ldapsearch') },
    { name: 'chromium', isThere: () => exists('/usr/bin/chromium') },
    { name: 'postgresql', isThere: async () => (await findPostgres()) !== undefined },
    ...['samba', 'samba-ad-provision', 'samba-dsdb-modules', 'samba-vfs-modules'].map((name) => ({
      name,
      isThere: () => isInstalled(name),
    })),
  ]);
  const postgres = await startPostgres((await findPostgres()) ?? '');
  project.provide('postgresUrl', postgres.url);
  project.provide('postgresCa', postgres.ca);
  const sambaFolder = await mkdtemp(join(tmpdir(), 'samba-of-the-run-'));
  project.provide('sambaFolder', sambaFolder);
  return async () => {
    await postgres.stop();
    await rm(sambaFolder, { recursive: true });
  };
}
