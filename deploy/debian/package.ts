import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { billOfMaterials } from '../sbom.js';
import { exists, productionPackages } from './production-packages.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** Needed only to compile sqlite3. */
const BUILD_ONLY = new Set(['node-gyp', 'prebuild-install', 'tar', 'node-addon-api']);
/** Files of a compiled package that are needed at run time: everything except sources and build output. */
const isNeeded = (path: string): boolean => {
  const place = relative(root, path);
  return (
    !/\/sqlite3\/(deps|src|node-addon-api)(\/|$)/.test(place) &&
    !/\/build\/Release\/(obj|obj\.target|node-addon-api|[^/]*\.a)(\/|$)/.test(place)
  );
};

export interface PackageOptions {
  /** The folder for the package. */
  readonly to: string;
  /** Whether the package contains the Node.js of this process. Otherwise it depends on `nodejs`. */
  readonly withNode: boolean;
  /** The version of the package; by default the version of Islet. */
  readonly version?: string;
  /** The compression level, 1 to 19. */
  readonly compression?: number;
}

/**
 * Builds a Debian package of the compiled server: the application with its production dependencies in
 * `/usr/lib/islet`, the systemd unit, the log rotation, and scripts that create the user and the folders. Nothing is
 * compiled during installation.
 *
 * @returns the path of `islet_<version>_<architecture>.deb`
 */
export async function makePackage({ to, withNode, version, compression = 10 }: PackageOptions): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string;
    engines: { node: string };
  };
  const architecture = (await run('dpkg', ['--print-architecture'])).stdout.trim();
  const full = version ?? manifest.version;
  const tree = await mkdtemp(join(tmpdir(), 'islet-deb-'));
  try {
    await addApplication(join(tree, 'usr/lib/islet'));
    const node = withNode ? 'usr/lib/islet/bin/node' : undefined;
    const docs = join(tree, 'usr/share/doc/islet');
    if (node !== undefined) {
      await place(process.execPath, join(tree, node), 0o755);
      await place(await licenseOfNode(), join(docs, 'LICENSE.nodejs'));
    }
    const interpreter = node === undefined ? 'node' : `/${node}`;
    await text(
      join(tree, 'usr/bin/islet'),
      `#!/bin/sh\nexec ${interpreter} /usr/lib/islet/dist/app/cli.js "$@"\n`,
      0o755,
    );
    await place(join(root, 'deploy/islet.service'), join(tree, 'usr/lib/systemd/system/islet.service'));
    await place(join(root, 'deploy/debian/logrotate'), join(tree, 'etc/logrotate.d/islet'));
    await place(join(root, 'LICENSE'), join(docs, 'copyright'));
    await place(join(root, 'CHANGELOG.md'), join(docs, 'CHANGELOG.md'));
    await text(join(docs, 'sbom.cdx.json'), `${JSON.stringify(await billOfMaterials(), undefined, 2)}\n`);
    for (const example of ['nginx.conf', 'prometheus/alerts.yml', 'grafana/islet.json'])
      await place(join(root, 'deploy', example), join(docs, 'examples', basename(example)));
    for (const script of ['postinst', 'prerm', 'postrm']) {
      await place(join(root, 'deploy/debian', script), join(tree, 'DEBIAN', script), 0o755);
    }
    await text(join(tree, 'DEBIAN/conffiles'), '/etc/logrotate.d/islet\n');
    const size = Number((await run('du', ['-sk', tree])).stdout.split('\t')[0]);
    const depends = [
      // Binaries compiled here need the C library of this machine, or a later one.
      `libc6 (>= ${(await run('dpkg-query', ['-W', '-f=${Version}', 'libc6'])).stdout.split('-')[0]})`,
      // Binaries of nodejs.org need it since version 26.
      ...(withNode && (await run('ldd', [process.execPath])).stdout.includes('libatomic') ? ['libatomic1'] : []),
      ...(withNode ? [] : [`nodejs (${manifest.engines.node.replace('>=', '>= ')})`]),
    ];
    await text(join(tree, 'DEBIAN/control'), control({ version: full, architecture, size, depends }));
    await mkdir(to, { recursive: true });
    const file = join(to, `islet_${full}_${architecture}.deb`);
    await run('dpkg-deb', ['--root-owner-group', '-Zzstd', `-z${compression}`, '--build', tree, file]);
    return file;
  } finally {
    await rm(tree, { recursive: true });
  }
}

/** In archives of nodejs.org the licence is beside the program, in distribution packages with the documentation. */
async function licenseOfNode(): Promise<string> {
  const places = [
    join(dirname(process.execPath), '../LICENSE'),
    '/usr/share/doc/nodejs/LICENSE',
    '/usr/share/doc/nodejs/copyright',
  ];
  for (const place of places) if (await exists(place)) return place;
  throw new Error(`the licence of Node.js is in none of ${places.join(', ')}: use --system-node`);
}

async function addApplication(folder: string): Promise<void> {
  const copy = (from: string, path: string) =>
    cp(from, join(folder, path), { recursive: true, filter: isNeeded, verbatimSymlinks: true });
  for (const path of ['dist', 'templates', 'config', 'docs', 'package.json']) await copy(join(root, path), path);
  await rm(join(folder, 'dist/.tsbuildinfo'), { force: true });
  for (const { from, path } of await productionPackages(root, BUILD_ONLY)) await copy(from, path);
}

interface Control {
  readonly version: string;
  readonly architecture: string;
  /** In KiB. */
  readonly size: number;
  readonly depends: readonly string[];
}

const control = ({ version, architecture, size, depends }: Control): string => `Package: islet
Version: ${version}
Architecture: ${architecture}
Maintainer: The Islet authors <islet@localhost>
Installed-Size: ${size}
Depends: ${['adduser', 'ca-certificates', 'libstdc++6', ...depends].join(', ')}
Suggests: nginx, logrotate
Section: net
Priority: optional
Description: Matrix identity server for private networks
 Islet finds the Matrix user behind an email address or a phone number: in an LDAP
 directory or Active Directory, at another identity server, and among addresses that
 users have validated themselves.
`;

async function place(from: string, to: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await run('chmod', [mode.toString(8), to]);
}

async function text(file: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content, { mode });
  await run('chmod', [mode.toString(8), file]);
}
