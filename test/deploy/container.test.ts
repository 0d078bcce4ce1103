import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/app/config/config.js';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy/container');
const image = readFileSync(join(folder, 'Containerfile'), 'utf8');
const lines = (word: string) => [...image.matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map(([, rest = '']) => rest);

describe('the container image', () => {
  it('copies only files that exist', () => {
    const copied = lines('COPY').filter((line) => !line.startsWith('--from'));
    const sources = copied.flatMap((line) => line.split(' ').slice(0, -1));
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('runs as a user other than root, and contains no secret', () => {
    expect(lines('USER')).toEqual([expect.stringMatching(/^[1-9]\d+:[1-9]\d+$/)]);
    expect(image).not.toMatch(/password|secret|token/i);
  });

  it('reads the variables that it sets', () => {
    const env = Object.fromEntries(
      lines('ENV').flatMap((line) =>
        line.split(' ').map((entry) => /^([^=]+)=(.*)$/.exec(entry)!.slice(1) as [string, string]),
      ),
    );
    const { config, warnings } = loadConfig({ file: join(folder, 'islet.yaml'), env });
    expect([config.dataDir, config.listen.host]).toEqual(['/data', '0.0.0.0']);
    // See "Memory" in docs/topics/performance.md.
    const unit = readFileSync(join(root, 'deploy/islet.service'), 'utf8');
    const settings = [...unit.matchAll(/^Environment=(MALLOC_\w+|GLIBC_TUNABLES)=(\S+)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    expect(settings).toHaveLength(4);
    expect(Object.entries(env).filter(([name]) => /^(?:MALLOC_|GLIBC_)/.test(name))).toEqual(settings);
    expect(warnings.filter((warning) => warning.includes('variable'))).toEqual([]);
  });
});

describe('the example with Synapse, Element Web and OpenLDAP', () => {
  const { services } = parse(readFileSync(join(folder, 'compose.yaml'), 'utf8')) as {
    services: Record<string, { volumes?: string[]; read_only?: boolean; depends_on?: string[] }>;
  };

  it('mounts only files that exist', () => {
    const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    const files = mounted.filter((path) => path.startsWith('./'));
    expect(files.length).toBeGreaterThan(2);
    expect(files.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  it('uses the services by their names', () => {
    const { config } = loadConfig({ file: join(folder, 'islet.yaml'), env: {} });
    const hosts = config.sources
      .flatMap((source) => (source.kind === 'ldap' ? source.urls : []))
      .map((url) => new URL(url).hostname);
    expect(hosts.filter((host) => !(host in services))).toEqual([]);
    expect(services['islet']?.read_only).toBe(true);
  });
});
