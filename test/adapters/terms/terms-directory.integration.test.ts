import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../src/adapters/terms/markdown.js';
import { readTermsDirectory } from '../../../src/adapters/terms/terms-directory.js';

describe('a folder of terms', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-terms-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (files: Record<string, string>) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  };
  const read = () => readTermsDirectory(folder, 'https://id.example.org/terms');

  it('has the newest version of each policy, and every document at the path of its version (TERMS-2)', async () => {
    await write({
      'privacy/1.9/en.md': '# Privacy\n\nOld.',
      'privacy/1.10/en.md': '# Privacy\n\nNew.',
      'privacy/1.10/pt-BR.md': 'Primeiro\n\n# Privacidade',
      'privacy/1.10/notes.txt': 'not looked at',
      'rules/2026-01-01/en.md': '# House *rules*',
      'README.md': 'not looked at',
      '.git/x/en.md': 'not looked at',
    });
    const { policies, documents } = await read();
    const at = 'https://id.example.org/terms';
    expect(policies).toEqual([
      {
        id: 'privacy',
        version: '1.10',
        languages: {
          en: { name: 'Privacy', url: `${at}/privacy/1.10/en` },
          'pt-BR': { name: 'Privacidade', url: `${at}/privacy/1.10/pt-BR` },
        },
      },
      {
        id: 'rules',
        version: '2026-01-01',
        languages: { en: { name: 'House rules', url: `${at}/rules/2026-01-01/en` } },
      },
    ]);
    expect([...documents.keys()]).toEqual([
      'privacy/1.9/en',
      'privacy/1.10/en',
      'privacy/1.10/pt-BR',
      'rules/2026-01-01/en',
    ]);
    expect(documents.get('privacy/1.9/en')).toEqual({ language: 'en', title: 'Privacy', html: '<p>Old.</p>\n' });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no content', {}, /contains no folder for a policy$/],
    ['a policy without version', { 'privacy/en.md': '# x' }, /privacy contains no folder for a version$/],
    [
      'a version without text',
      { 'privacy/1/notes.txt': 'x' },
      /privacy\/1 contains no file for a language, such as en\.md$/,
    ],
    ['a text without heading', { 'privacy/1/en.md': 'x' }, /privacy\/1\/en\.md has no heading/],
    [
      'a name that cannot be part of a URL',
      { 'privacy policy/1/en.md': '# x' },
      /privacy policy has a name that cannot be used in a URL/,
    ],
  ])('with %s is refused, with the position in the error', async (_case, files, message) => {
    await write(files);
    await expect(read()).rejects.toThrow(message);
  });
});

describe('renderMarkdown', () => {
  it.each([
    ['emphasis', 'a *b* **c**', '<p>a <em>b</em> <strong>c</strong></p>\n'],
    ['lists', '- a\n- b', '<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n'],
    [
      'links',
      '[a](https://example.org/?a=1&b=2)',
      '<p><a href="https://example.org/?a=1&amp;b=2" rel="noopener noreferrer">a</a></p>\n',
    ],
    ['a block of HTML', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['HTML in a line', 'a <b onclick="x()">b</b>', '<p>a &lt;b onclick=&quot;x()&quot;&gt;b&lt;/b&gt;</p>\n'],
    ['links with scripts', '[a](javascript:alert(1))', '<p>a</p>\n'],
    ['links with escaped scripts', '[a](java&#115;cript:alert(1)) [b](&#x6a;avascript:x)', '<p>a b</p>\n'],
    ['data in a link', '[a](data:text/html,x)', '<p>a</p>\n'],
    [
      'quotes in a link',
      '[a](<https://example.org/"onclick="x>)',
      '<p><a href="https://example.org/&quot;onclick=&quot;x" rel="noopener noreferrer">a</a></p>\n',
    ],
    ['images', '![a "b"](https://example.org/x.png)', '<p>a &quot;b&quot;</p>\n'],
    ['HTML characters', 'a < b & c', '<p>a &lt; b &amp; c</p>\n'],
  ])('writes %s', (_case, text, html) => {
    expect(renderMarkdown(text).html).toBe(html);
  });

  it('extracts the first heading as plain text', () => {
    expect(renderMarkdown('intro\n\n## A `b` *c* & <d>\n\n# E')).toEqual({
      title: 'A b c & <d>',
      html: '<p>intro</p>\n<h1>E</h1>\n',
    });
  });
});
