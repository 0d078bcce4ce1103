import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (path: string) => readFileSync(`${root}${path}`, 'utf8');

interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly container: { readonly image: string; readonly options: string };
  readonly strategy: { readonly matrix: Readonly<Record<string, readonly number[]>> };
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: object }[];
}

const manifest = JSON.parse(text('package.json')) as {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
};
const { test: job } = (parse(text('.github/workflows/ci.yml')) as Workflow).jobs;

describe('the hosted test run', () => {
  it('uses each Node.js release with long-term support from the oldest that Islet accepts', () => {
    const oldest = Number(/\d+/.exec(manifest.engines.node)?.[0]);
    const versions = job?.strategy.matrix['node'] ?? [];
    expect(versions[0]).toBe(oldest);
    expect(versions).toEqual(versions.map((_version, at) => oldest + 2 * at));
    expect(versions).toContain(Number(text('.nvmrc')));
    expect(job?.steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'))?.with).toEqual({
      'node-version': '${{ matrix.node }}',
    });
  });

  it('may mount file systems, which a separate systemd needs', () => {
    expect(job?.container).toEqual({ image: 'debian:trixie', options: '--privileged' });
  });

  it('runs a script that exists, with commands of package.json', () => {
    const scripts = (job?.steps ?? []).flatMap(({ run = '' }) => /^bash (\S+)$/.exec(run)?.[1] ?? []);
    expect(scripts).toEqual(['.ci/run']);
    for (const script of scripts) {
      execFileSync('bash', ['-n', `${root}${script}`]);
      const commands = text(script).matchAll(/^npm (?:run )?(\S+)/gm);
      const names = Array.from(commands, ([, name = '']) => name);
      expect(names).toContain('test');
      expect(names.filter((name) => name !== 'ci' && !(name in manifest.scripts))).toEqual([]);
    }
  });
});
