import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { makePackage } from './package.js';

/*
 * `npm run package`: builds a Debian package in `build/` that contains the Node.js running this script. With `--
 * --system-node`, the package depends on the package `nodejs` instead.
 */
const flags = process.argv.slice(2);
const unknown = flags.find((flag) => flag !== '--system-node');
if (unknown !== undefined) {
  process.stderr.write(`npm run package knows --system-node only, not ${unknown}\n`);
  process.exit(2);
}

/** Debian's own Node.js depends on shared libraries of the system and cannot be copied into the package. */
const { stdout } = await promisify(execFile)('ldd', [process.execPath]);
const isOfDebian = stdout.includes('libnode.so');
const withNode = !flags.includes('--system-node') && !isOfDebian;
const file = await makePackage({ to: 'build', withNode });
const node = withNode ? `with Node.js ${process.versions.node} in it` : 'which needs the package nodejs';
process.stdout.write(`${file}, ${node}\n`);
