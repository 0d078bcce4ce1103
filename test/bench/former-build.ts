import { execFile } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exists } from '../support/debian.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

/** The last version whose lookups needed the database: the current build is compared with it. */
const FORMER_COMMIT = 'efc7f87';

/**
 * Builds a former version beside this one, once: it stays in a temporary folder.
 *
 * @returns the folder of its program; `undefined` where the repository does not know its commit
 */
export async function formerBuild(): Promise<string | undefined> {
  const folder = join(tmpdir(), `islet-bench-${FORMER_COMMIT}`);
  const dist = join(folder, 'dist');
  if (await exists(join(dist, 'built'))) return dist;
  try {
    await rm(folder, { recursive: true, force: true });
    await run('git', ['-C', ROOT, 'worktree', 'prune']);
    await run('git', ['-C', ROOT, 'worktree', 'add', '--detach', '--force', folder, FORMER_COMMIT]);
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
      cwd: folder,
    });
    await mkdir(join(dist, 'built'));
    return dist;
  } catch (error) {
    process.stderr.write(`there is no former build to compare with: ${String(error)}\n`);
    return undefined;
  }
}
