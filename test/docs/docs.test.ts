import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFromEtc } from '../support/config/etc-islet.js';

const root = resolve(import.meta.dirname, '../..');
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdownIn('docs'), ...markdownIn('templates')];
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

function markdownIn(folder: string): readonly string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
}

describe.each(pages)('%s', (page) => {
  it('links only to existing files and sections', () => {
    const links = Array.from(read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g), ([, link = '']) => link);
    const files = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(files.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  it('names only files that exist in this repository', () => {
    const named = Array.from(
      read(page).matchAll(/`((?:src|test|templates|deploy|config|docs)\/[\w./-]+)`/g),
      ([, path = '']) => path,
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names only scripts that exist', () => {
    const named = Array.from(read(page).matchAll(/\bnpm run ([a-z:]+)/g), ([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

const withConfigurations = [
  'README.md',
  'docs/setup/install.md',
  'docs/topics/mirror.md',
  'docs/setup/directories.md',
  'docs/topics/accounts.md',
];

describe.each(withConfigurations)('%s', (page) => {
  const blocks = Array.from(read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm), ([, block = '']) => block);
  it('has configurations that Islet accepts', () => {
    for (const block of blocks) expect(loadFromEtc(block).config).toBeDefined();
  });
});

describe('docs/topics/reliability.md', () => {
  /** The rows of the tables whose last column names tests. */
  function rowsWithTests(): readonly string[] {
    const rows: string[] = [];
    let isOfTests = false;
    for (const line of read('docs/topics/reliability.md').split('\n')) {
      if (!line.startsWith('|')) isOfTests = false;
      else if (line.endsWith('| test |')) isOfTests = true;
      else if (isOfTests && !line.startsWith('|---')) rows.push(line);
    }
    return rows;
  }

  it('names a test for each fault', () => {
    const rows = rowsWithTests();
    expect(rows.length).toBeGreaterThan(10);
    const isShown = (row: string) => /\]\(\.\.\/\.\.\/test\/[^)]+\.test\.ts\)[^|]*\|$|\| the same \|$/.test(row);
    expect(rows.filter((row) => !isShown(row))).toEqual([]);
  });
});
