import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { makePackage } from './package.js';

/*
 * `npm run package`: a Debian package in `build/`, with the Node.js that runs this script in it. `-- --system-node`
 * leaves that out and depends on the package `nodejs` instead.
 */
const flags = process.argv.slice(2);
const unknown = flags.find((flag) => flag !== '--system-node');
if (unknown !== undefined) {
  process.stderr.write(`npm run package knows --system-node only, not ${unknown}\n`);
  process.exit(2);
}

/** Debian's own Node.js is a small program beside libraries of the system, and cannot be moved. */
const { stdout } = await promisify(execFile)('ldd', [process.execPath]);
const isOfDebian = stdout.includes('libnode.so');
const withNode = !flags.includes('--system-node') && !isOfDebian;
const file = await makePackage({ to: 'build', withNode });
const node = withNode ? `with Node.js ${process.versions.node} in it` : 'which needs the package nodejs';
process.stdout.write(`${file}, ${node}\n`);
