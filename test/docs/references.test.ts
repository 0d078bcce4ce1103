import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../src/app/commands/exit-codes.js';
import { createProgram } from '../../src/app/cli/program.js';
import { metrics } from '../../src/adapters/system/declared-metrics.js';
import { adminEndpoints } from '../../src/app/http/admin/admin-server.js';
import { cliPage } from '../support/docs/cli-page.js';
import { used } from '../support/docs/metrics-page.js';

const docs = new URL('../../docs/', import.meta.url).pathname;
const page = (name: string): string => readFileSync(join(docs, name), 'utf8');

describe('the reference of commands', () => {
  it('has a section for each, with its exit code', () => {
    const text = cliPage();
    const names = commandsOf(createProgram({})).map(({ name }) => name);
    expect(Array.from(text.matchAll(/^## (.+)$/gm), ([, name]) => name)).toEqual(names);
    expect(text.match(/^Exit code: /gm)).toHaveLength(names.length);
  });
});

describe('the reference of the admin API', () => {
  it('has a section for each endpoint, and no other', () => {
    const never = () => expect.fail('no endpoint is called');
    const endpoints = adminEndpoints({} as never, { health: {} as never, clock: { now: () => 0 } }, never);
    const inCode = Object.entries(endpoints).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const written = Array.from(page('reference/admin-api.md').matchAll(/^## ((?:GET|POST) .+)$/gm), ([, name]) => name);
    expect(new Set(written)).toEqual(new Set(inCode));
    expect(written).toHaveLength(inCode.length);
  });

  it('has examples that are JSON', () => {
    const blocks = Array.from(
      page('reference/admin-api.md').matchAll(/^```json\n([\s\S]*?)^```$/gm),
      ([, json]) => json,
    );
    expect(blocks.length).toBeGreaterThan(8);
    for (const json of blocks) expect(() => JSON.parse(json ?? '') as unknown).not.toThrow();
  });
});

describe('log events and metrics', () => {
  const { events, metrics: counted } = used();

  it('has a name for each event', () => {
    expect(events.filter(({ event }) => !/^[a-z]+(_[a-z]+)*$/.test(event))).toEqual([]);
    expect(events.length).toBeGreaterThan(30);
  });

  it('counts only declared metrics, with their labels', () => {
    const declared = new Map(Object.entries(metrics).map(([name, { labels }]) => [name, Object.keys(labels)]));
    const wrong = counted.filter(({ name, labels }) => {
      const expected = declared.get(name);
      return !expected || (labels && labels.toSorted().join() !== expected.toSorted().join());
    });
    expect(wrong).toEqual([]);
  });

  it('declares only metrics that are counted', () => {
    const names = new Set(counted.map(({ name }) => name));
    expect(Object.keys(metrics).filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('the index of the documentation', () => {
  it('names every page', () => {
    const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    const index = page('README.md');
    const missing = pages.filter((name) => name !== 'README.md' && !index.includes(`](${name})`));
    expect(missing).toEqual([]);
  });
});
