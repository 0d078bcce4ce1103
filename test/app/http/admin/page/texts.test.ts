import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, '../../../../../templates/islet');
const languages = readdirSync(folder).filter((name) => /^[a-z]{2}$/.test(name));
const tableOf = (language: string) =>
  parse(readFileSync(join(folder, language, 'admin.yaml'), 'utf8')) as Record<string, unknown>;
const english = tableOf('en');
const placeholders = (text: unknown) => (String(text).match(/\{\w+\}/g) ?? []).sort();

const templates = readdirSync(join(folder, 'admin')).map((name) => readFileSync(join(folder, 'admin', name), 'utf8'));
/** Texts whose names are put together, by their beginning. */
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

  it('are of this language', () => {
    if (language === 'en') return;
    const same = Object.entries(tableOf(language)).filter(([key, text]) => text === english[key]);
    expect(same.length).toBeLessThan(8);
  });
});

describe('the texts of the admin page', () => {
  it('are there for each name in a template, and used', () => {
    const used = templates.flatMap((text) => Array.from(text.matchAll(/\bt\.(\w+)/g), ([, key = '']) => key));
    expect(used.filter((key) => !(key in english))).toEqual([]);
    const idle = Object.keys(english).filter(
      (key) => !used.includes(key) && !composed.some((beginning) => key.startsWith(beginning)),
    );
    expect(idle).toEqual([]);
  });
});
