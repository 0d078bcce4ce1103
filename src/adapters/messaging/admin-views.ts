import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import type { ReadPreferences } from '../../domain/shared/message-preferences.js';
import { type AdminWords, adminWords } from './admin-words.js';
import { SHIPPED_BRAND, SHIPPED_LANGUAGE } from './template-files.js';
import type { Page, Templates } from './templates.js';

/** What the template of a view needs besides its own values. */
export type ViewTexts = Readonly<Record<string, string>>;

const Texts = z.record(z.string(), z.string());

/** The views of the admin page: shipped templates with a table of texts per language. */
export class AdminViews {
  private readonly tables = new Map<string, ViewTexts>();

  constructor(
    private readonly templates: Pick<Templates, 'localized' | 'readText'>,
    private readonly now: () => number,
  ) {}

  /**
   * A view in the language of its reader. The template gets all of `variables`, the texts as `t`, and functions for
   * times and numbers.
   */
  render(view: string, variables: object, preferences: ReadPreferences): Page {
    const render = this.templates.localized(preferences, 'admin', `admin/${view}`);
    const { language } = render;
    const words: AdminWords = adminWords(language, this.now);
    const t = this.texts(language);
    const style = this.styleOf(preferences);
    const html = render('html', { ...variables, ...words, t, style, view });
    return { language, html, contentSecurityPolicy: policyFor(style) };
  }

  /** The script of the page, which also works without it. */
  script(): string {
    return this.templates.readText(`${SHIPPED_BRAND}/admin/page.js`);
  }

  /** The texts of a language; those that an administrator's table lacks are English. @throws naming the invalid key */
  texts(language: string): ViewTexts {
    const known = this.tables.get(language);
    if (known) return known;
    const own = Texts.parse(parse(this.templates.readText(`${SHIPPED_BRAND}/${language}/admin.yaml`)));
    const table = language === SHIPPED_LANGUAGE ? own : { ...this.texts(SHIPPED_LANGUAGE), ...own };
    this.tables.set(language, table);
    return table;
  }

  private styleOf(preferences: ReadPreferences): string {
    return this.templates.localized(preferences, 'admin', 'admin/style')('css', {});
  }
}

/** Only the shipped style sheet and script can work in the page, whatever its text contains. */
const policyFor = (style: string): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    "script-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
