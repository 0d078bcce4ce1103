import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/app/config/config.js';
import { openTerms } from '../../../src/app/wiring/open-terms.js';
import { loadFromEtc } from '../../support/config/etc-islet.js';

describe('openTerms', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'islet-terms-'));
    await mkdir(join(directory, 'privacy', '1'), { recursive: true });
    await writeFile(join(directory, 'privacy', '1', 'en.md'), '# Privacy\n');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const config = (terms: string): Config =>
    loadFromEtc(`server: { name: id.example.org, publicUrl: "https://id.example.org" }\n${terms}`).config;
  const external = (id: string) =>
    `policies: { ${id}: { version: "2", languages: { en: { name: Rules, url: "https://example.org/rules/2" } } } }`;

  it('requires nothing of users by default', async () => {
    expect((await openTerms(config(''))).policies).toEqual([]);
  });

  it('has documents of this server, at their URLs, and documents elsewhere', async () => {
    const { policies, documents } = await openTerms(
      config(`terms: { directory: ${JSON.stringify(directory)}, ${external('rules')} }`),
    );
    const url = 'https://id.example.org/_matrix/identity/terms/privacy/1/en';
    expect(policies).toEqual([
      { id: 'privacy', version: '1', languages: { en: { name: 'Privacy', url } } },
      { id: 'rules', version: '2', languages: { en: { name: 'Rules', url: 'https://example.org/rules/2' } } },
    ]);
    expect([...documents.keys()]).toEqual(['privacy/1/en']);
  });

  it.each([
    [
      'a policy in the folder and in the configuration',
      () => `directory: ${JSON.stringify(directory)}, ${external('privacy')}`,
      /privacy/,
    ],
    [
      'a folder that does not exist',
      () => `directory: ${JSON.stringify(join(directory, 'none'))}`,
      /could not be read/,
    ],
  ])('refuses %s', async (_case, terms, message) => {
    await expect(openTerms(config(`terms: { ${terms()} }`))).rejects.toThrow(message);
  });

  it.each([
    [
      'a language called version',
      '{ p: { version: "1", languages: { version: { name: N, url: "https://a.example" } } } }',
    ],
    ['no language', '{ p: { version: "1", languages: {} } }'],
    ['no version', '{ p: { languages: { en: { name: N, url: "https://a.example" } } } }'],
    [
      'a version that YAML reads as a number',
      '{ p: { version: 1.10, languages: { en: { name: N, url: "https://a.example" } } } }',
    ],
    ['a URL that is not a web page', '{ p: { version: "1", languages: { en: { name: N, url: "file:///x" } } } }'],
  ])('refuses a configuration with %s', (_case, policies) => {
    expect(() => config(`terms: { policies: ${policies} }`)).toThrow(/terms\.policies/);
  });
});
