import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { versionProblem } from '../../../src/app/cli/node-version.js';

const root = join(import.meta.dirname, '../../..');

describe('the version of Node.js', () => {
  it.each(['18.20.4', '20.16.0', '16.0.0', '0.10.48'])(
    'is too old if it is %s, which is reported in one sentence',
    (version) => {
      const { error } = versionProblem(version);
      expect(error).toContain(`needs Node.js 20.17 or later, and this is Node.js ${version}`);
    },
  );

  it.each(['20.17.0', '20.19.2', '22.0.0', '24.22.3', '26.12.1'])('is accepted if it is %s', (version) => {
    expect(versionProblem(version)).toEqual({});
  });

  it('causes a warning if it is newer than the tested versions', () => {
    expect(versionProblem('27.0.0').warning).toContain('was tried with Node.js 20 to 26, and this is Node.js 27.0.0');
  });

  it('is required as in package.json', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
    const oldest = engines.node.replace('>=', '');
    expect(versionProblem(`${oldest}.0`)).toEqual({});
    const [major, minor] = oldest.split('.').map(Number);
    expect(versionProblem(`${major}.${(minor ?? 0) - 1}.0`).error).toBeDefined();
  });

  it('is checked before anything else is loaded', () => {
    const folder = mkdtempSync(join(tmpdir(), 'islet-node-'));
    try {
      for (const file of ['cli.ts', 'cli/node-version.ts']) {
        const source = readFileSync(join(root, 'src/app', file), 'utf8');
        const { code } = transformSync(source, { loader: 'ts', target: 'node18' });
        const old = code
          .replace('process.versions.node', '"18.20.4"')
          .replace('./cli/node-version.js', './node-version.js');
        writeFileSync(join(folder, file.replace('cli/', '').replace('.ts', '.js')), old);
      }
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      // The rest of the program is missing: loading it would be another error.
      const { status, stderr } = spawnSync(process.execPath, [join(folder, 'cli.js')]);
      expect([status, stderr.toString()]).toEqual([1, expect.stringMatching(/^islet: needs Node\.js 20\.17 .*\n$/)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
