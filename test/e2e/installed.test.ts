import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { islet } from '../support/islet.js';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

describe('the npm package', () => {
  let folder: string;
  const at = (path: string) => join(folder, path);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-npm-'));
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
    await run('sh', ['-c', 'tar xzf islet-*.tgz'], { cwd: folder });
    // The dependencies of this checkout are used, so that nothing is downloaded.
    const manifest = JSON.parse(await readFile(at('package/package.json'), 'utf8')) as object;
    await writeFile(at('package/package.json'), JSON.stringify({ ...manifest, dependencies: {}, devDependencies: {} }));
    await run('npm', ['install', '--global', '--offline', '--prefix', at('prefix'), at('package')], { cwd: folder });
    // npm 9 copies the package, later versions link it.
    const installed = await realpath(at('prefix/lib/node_modules/islet'));
    await symlink(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('installs the command `islet`', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { stdout, stderr } = await run(at('prefix/bin/islet'), ['--version'], { cwd: folder });
    expect({ stdout, stderr }).toEqual({ stdout: `${version}\n`, stderr: '' });
  });

  it('runs the demo with its four lookups', async () => {
    const { stdout } = await run(at('prefix/bin/islet'), ['demo', '--exit'], { cwd: folder });
    expect(stdout.match(/^ {2}✓ .*$/gm)).toEqual([
      expect.stringMatching(/@carla:island\.example .*directory, by hash$/),
      expect.stringMatching(/@paula:partner\.example .*upstream/),
      expect.stringMatching(/@alice:island\.example .*binding of this server, by hash$/),
      expect.stringMatching(/— .*unknown address$/),
    ]);
    expect(stdout).not.toContain('✗');
  });

  it('shows lines of the TypeScript sources in stack traces', async () => {
    const crash = `const error = new Error('here'); process.nextTick(() => { throw error; })`;
    await writeFile(at('trace.mjs'), `export default () => { ${crash}; return new Promise(() => {}); };\n`);
    await writeFile(
      at('islet.yaml'),
      'server: { name: id.example.org }\ndataDir: data\nadmin: { port: 1 }\nsources: [{ use: ./trace.mjs, name: trace }]\n',
    );
    const { code, stderr } = await islet(['lookup', 'alice@example.org', '--config', at('islet.yaml')]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/src\/adapters\/sources\/[\w-]+\.ts:\d+/);
    expect(stderr).not.toMatch(/dist\/\S+\.js:\d+/);
  });
});
