import { execFile } from 'node:child_process';
import { access, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Ensures that packages are installed. Installs missing ones as root on Debian, without starting their services.
 *
 * @throws a sentence with the missing packages, if they cannot be installed
 */
export async function ensurePackages(names: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  const instructions = `These tests need the Debian packages ${missing.join(', ')}: please install them (root may leave that to the tests).`;
  if (process.getuid?.() !== 0 || !(await exists('/usr/bin/apt-get'))) throw new Error(instructions);
  await install(missing).catch((cause: unknown) => {
    throw new Error(instructions, { cause });
  });
}

async function install(names: readonly string[]): Promise<void> {
  const isGuardOurs = !(await exists(POLICY));
  if (isGuardOurs) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 1e8 };
    const waiting = ['-o', 'DPkg::Lock::Timeout=600'];
    await run('apt-get', [...waiting, 'update', '-q'], options);
    await run('apt-get', [...waiting, 'install', '-qy', '--no-install-recommends', ...names], options);
  } finally {
    if (isGuardOurs) await rm(POLICY);
  }
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const isInstalled = (name: string): Promise<boolean> =>
  run('dpkg-query', ['-W', '-f=${db:Status-Status}', name]).then(
    ({ stdout }) => stdout === 'installed',
    () => false,
  );
