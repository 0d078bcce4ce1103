import { execFile } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePackages, exists } from '../../test/support/debian.js';

const run = promisify(execFile);
const MIRROR = 'http://deb.debian.org/debian';
const SUITE = 'sid';

/** A separate Debian in a folder, with Synapse installed. */
export interface Chroot {
  readonly root: string;
  readonly synapseVersion: string;
  readonly pythonVersion: string;
}

/** Installs the latest Synapse in Debian, unless the folder has one already. */
export async function installSynapse(root: string): Promise<Chroot> {
  if (process.getuid?.() !== 0) throw new Error('This proof installs Synapse into a folder of its own: it needs root.');
  if (!(await exists(join(root, 'usr/bin/apt-get')))) {
    const debootstrap = '/usr/sbin/debootstrap';
    await ensurePackages(['debootstrap']);
    await run(debootstrap, ['--variant=minbase', SUITE, root, MIRROR], { maxBuffer: 1e8 });
    await writeFile(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  }
  await mountOnce(root);
  if (!(await exists(join(root, 'usr/bin/synapse_homeserver')))) {
    // Outdated mirrors of sid and archives are also accepted.
    await inChroot(root, 'apt-get', '-o', 'Acquire::Check-Valid-Until=false', 'update', '-q');
    await inChroot(root, 'apt-get', 'install', '-qy', '--no-install-recommends', 'matrix-synapse');
  }
  return {
    root,
    synapseVersion: (await inChroot(root, 'dpkg-query', '-W', '-f=${Version}', 'matrix-synapse')).trim(),
    pythonVersion: (await inChroot(root, 'python3', '--version')).trim(),
  };
}

/** Runs a command in the chroot and waits for its end. @returns its output */
export async function inChroot(root: string, ...command: readonly string[]): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  return (await run('chroot', [root, ...command], { env, maxBuffer: 1e8 })).stdout;
}

/** Adds a certificate authority to the trusted ones in the chroot. */
export async function trust(root: string, ca: string): Promise<void> {
  await writeFile(join(root, 'usr/local/share/ca-certificates/islet-proof.crt'), ca);
  await inChroot(root, 'update-ca-certificates', '--fresh');
}

/** Assigns addresses to host names, only inside the chroot. */
export async function nameHosts(root: string, hosts: Readonly<Record<string, string>>): Promise<void> {
  const file = join(root, 'etc/hosts');
  const text = await readFile(file, 'utf8').catch(() => '127.0.0.1 localhost\n');
  const missing = Object.entries(hosts).filter(([name, address]) => !text.includes(`${address} ${name}\n`));
  await appendFile(file, missing.map(([name, address]) => `${address} ${name}\n`).join(''));
}

async function mountOnce(root: string): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8');
  if (!mounts.includes(` ${join(root, 'proc')} `)) await run('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
  if (!mounts.includes(` ${join(root, 'dev')} `)) await run('mount', ['--bind', '/dev', join(root, 'dev')]);
}
