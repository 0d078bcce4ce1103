import { execFile } from 'node:child_process';
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePackages, exists } from '../../test/support/debian.js';

const run = promisify(execFile);
const MIRROR = 'http://deb.debian.org/debian';
/** The packages that a server has besides the base system before Islet is installed. */
const BASE = ['systemd', 'dbus', 'curl', 'ca-certificates'];

/**
 * A fresh Debian in a folder, created once for each release.
 *
 * @param suite `bookworm`, `trixie`, `sid`
 * @returns its root folder
 */
export async function freshDebian(folder: string, suite: string): Promise<string> {
  const root = join(folder, suite);
  if (!(await exists(root))) {
    await ensurePackages(['debootstrap']);
    const unfinished = `${root}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    const options = ['--variant=minbase', `--include=${BASE.join(',')}`, suite, unfinished, MIRROR];
    await run('/usr/sbin/debootstrap', options, { maxBuffer: 1e8 });
    await rename(unfinished, root);
  }
  // The network may use its own certificate authority, which Node.js reads from this variable.
  const authority = process.env['NODE_EXTRA_CA_CERTS'];
  if (authority !== undefined) {
    await copyFile(authority, join(root, 'usr/local/share/ca-certificates/of-the-network.crt'));
    await run('chroot', [root, 'update-ca-certificates'], { maxBuffer: 1e8 });
  }
  // A mirror of a private network may be weeks behind.
  await writeFile(join(root, 'etc/apt/apt.conf.d/90-behind'), 'Acquire::Check-Valid-Until "false";\n');
  await copyFile('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  await copyFile('/etc/hosts', join(root, 'etc/hosts'));
  return root;
}

/** The release and the versions of systemd and other installed packages, for the heading. */
export async function describeDebian(root: string): Promise<string> {
  const version = (await readFile(join(root, 'etc/debian_version'), 'utf8')).trim();
  const { stdout } = await run('chroot', [root, 'dpkg-query', '-W', '-f=${Version}', 'systemd']);
  return `Debian ${version}, systemd ${stdout}`;
}
