import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { optionCatalog, type Entry } from '../../../src/app/config/docs/option-catalog.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';
import { generated, pathOf } from '../../support/config/generated.js';
import { tables } from '../../support/config/option-tables.js';

const files = generated();
const read = (name: string) => readFileSync(pathOf(name), 'utf8');
const example = files['config/islet.example.yaml'] ?? '';

/** Sets every option that is commented out. */
const uncommented = (yaml: string) => yaml.replace(/^( *)#(?=\S| {2})/gm, '$1');

const blocksOf = (name: string) =>
  Array.from(
    read(name).matchAll(/^```yaml\n([\s\S]*?)^```$/gm),
    ([, block = ''], index) => [index + 1, block] as const,
  );

describe('pages and files that are generated from the options', () => {
  it.each(Object.entries(files))('are up to date in %s; if not, run "npm run generate"', (name, content) => {
    expect(read(name)).toBe(content);
  });
});

describe('docs/reference/configuration.md', () => {
  it('has a table for every section and for every choice', () => {
    const documented = Array.from(
      read('docs/reference/configuration.md').matchAll(/<!-- options: (\S+) -->/g),
      ([, name]) => name,
    );
    expect(documented).toHaveLength(tables().size);
    expect(new Set(documented)).toEqual(new Set(tables().keys()));
  });

  it('describes every option', () => {
    const unexplained = (entries: readonly Entry[]): readonly string[] =>
      entries.flatMap(({ key, doc, children, choices }) => [
        ...(doc === '' ? [key] : []),
        ...unexplained(children),
        ...choices.flatMap((choice) => unexplained(choice.children)),
      ]);
    expect(unexplained(optionCatalog())).toEqual([]);
  });

  it.each(blocksOf('docs/reference/configuration.md'))('has example %d, which loads', (_number, block) => {
    expect(loadFromEtc(block).config).toBeDefined();
  });
});

describe('docs/setup/sources.md', () => {
  it.each(blocksOf('docs/setup/sources.md'))('has example %d, which loads', (_number, block) => {
    expect(loadFromEtc(block).config).toBeDefined();
  });
});

describe('docs/setup/from-sydent.md', () => {
  it.each(blocksOf('docs/setup/from-sydent.md'))('has example %d, which loads', (_number, block) => {
    expect(loadFromEtc(block).config).toBeDefined();
  });
});

describe('config/islet.example.yaml', () => {
  it('loads unchanged', () => {
    const { config, warnings } = loadFromEtc(example);
    expect(config.sources.map(({ name }) => name)).toEqual(['staff', 'bindings']);
    expect(warnings).toEqual([expect.stringContaining('listen.trustedProxies')]);
  });

  it('loads with every option in force', () => {
    const { config } = loadFromEtc(uncommented(example));
    expect(config.sources.map(({ name }) => name)).toEqual([
      'staff',
      'bindings',
      'partner',
      'people',
      'staff-table',
      'accounts',
      'crm',
      'hr',
    ]);
    expect(config.sms?.gateways.map(({ kind }) => kind)).toEqual(['openmarket', 'http', 'smpp', 'console']);
    expect(config.mail?.port).toBe(465);
    expect(config.pidFile).toBe('/run/islet/islet.pid');
  });

  it('shows every option that has a default or an example', () => {
    const shown = parse(uncommented(example)) as Record<string, unknown>;
    expect(Object.keys(shown)).toEqual(optionCatalog().map(({ key }) => key));
  });
});

describe('config/islet.schema.json', () => {
  const schema = z.fromJSONSchema(JSON.parse(files['config/islet.schema.json'] ?? '') as z.core.JSONSchema.JSONSchema);

  it('accepts the example with every option in force', () => {
    expect(schema.safeParse(parse(uncommented(example))).error?.issues ?? []).toEqual([]);
  });

  it.each([
    ['an unknown section', { lissten: {} }],
    ['an unknown option', { listen: { prot: 1 } }],
    ['an invalid port', { listen: { port: 70_000 } }],
    ['a source without its base', { sources: [{ ldap: { name: 'a', urls: 'ldap://h' } }] }],
    ['a source of an unknown kind', { sources: [{ lapd: {} }] }],
    ['a limit without time', { limits: { mail: { perUser: 5 } } }],
  ])('refuses %s', (_case, content) => {
    expect(schema.safeParse(content).success).toBe(false);
  });
});
