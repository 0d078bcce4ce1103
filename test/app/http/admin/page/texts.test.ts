import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { AdminViews } from '../../../../../src/adapters/messaging/admin-views.js';
import { Templates } from '../../../../../src/adapters/messaging/templates.js';

const folder = join(import.meta.dirname, '../../../../../templates/islet');
const languages = readdirSync(folder).filter((name) => /^[a-z]{2}$/.test(name));
const tableOf = (language: string) =>
  parse(readFileSync(join(folder, language, 'admin.yaml'), 'utf8')) as Record<string, unknown>;
const english = tableOf('en');
const placeholders = (text: unknown) => (String(text).match(/\{\w+\}/g) ?? []).sort();

const templates = readdirSync(join(folder, 'admin')).map((name) => readFileSync(join(folder, 'admin', name), 'utf8'));
/** Texts whose keys are composed, by the beginning of the key. */
const composed = [
  'nav_',
  'sign_in_',
  'done_',
  'verdict_',
  'state_',
  'mirror_',
  'kind_',
  'nobody_',
  'outcome_',
  'role_',
  'via_',
  'confirm_',
  'fact_',
  'step_',
  'run_',
  'ask_',
];

describe.each(languages)('the texts of the admin page in %s', (language) => {
  it('are complete, with the same placeholders', () => {
    const table = tableOf(language);
    expect(Object.keys(table)).toEqual(Object.keys(english));
    for (const [key, text] of Object.entries(table)) {
      expect([key, typeof text]).toEqual([key, 'string']);
      expect([key, ...placeholders(text)]).toEqual([key, ...placeholders(english[key])]);
    }
  });

  it('are in this language', () => {
    if (language === 'en') return;
    const untranslated = Object.entries(tableOf(language)).filter(([key, text]) => text === english[key]);
    expect(untranslated.length).toBeLessThan(8);
  });
});

describe('the texts of the admin page', () => {
  it('exist for each key in a template, and are used', () => {
    const used = templates.flatMap((text) => Array.from(text.matchAll(/\bt\.(\w+)/g), ([, key = '']) => key));
    expect(used.filter((key) => !(key in english))).toEqual([]);
    const idle = Object.keys(english).filter(
      (key) => !used.includes(key) && !composed.some((beginning) => key.startsWith(beginning)),
    );
    expect(idle).toEqual([]);
  });
});

describe('a table of texts by an administrator', () => {
  it('may lack texts, which are then English', () => {
    const directory = mkdtempSync(join(tmpdir(), 'islet-texts-'));
    try {
      mkdirSync(join(directory, 'islet/de'), { recursive: true });
      writeFileSync(join(directory, 'islet/de/admin.yaml'), 'sign_in: Anmeldung <hier>\n');
      const own = new Templates({ directory, brand: 'islet', language: 'en', serverName: 'id.example.org' });
      const page = new AdminViews(own, () => 0).render(
        'sign-in',
        { visitor: undefined, navigation: [], notice: undefined, link: '', name: '', problem: undefined },
        { brand: undefined, acceptLanguage: 'de' },
      );
      expect(page.html).toContain('<h1>Anmeldung &lt;hier&gt;</h1>');
      expect(page.html).toContain(String(english['sign_in_once']));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
