import { parseMimeTemplate } from './mime-template.js';
import type { Tokenize } from './tokens.js';
import { translateText, type Vocabulary } from './translate-text.js';
import { printableJson } from '../../../../domain/shared/printable.js';

/** Collects templates of Islet that were translated, and what could not be. */
export class TranslatedTemplates {
  /** Contents by path, such as `acme/en/mail/invite.txt.njk`. */
  readonly files = new Map<string, string>();
  readonly notes: string[] = [];
  private readonly brands = new Set<string>();

  constructor(private readonly language: string) {}

  get isEmpty(): boolean {
    return this.files.size === 0;
  }

  /**
   * Translates one text.
   *
   * @param name the file it is from, for notes
   * @param stem where it belongs, such as `mail/invite.subject`
   */
  addText(
    brand: string,
    stem: string,
    name: string,
    text: string,
    {
      tokenize,
      vocabulary,
      line = 1,
      isEscaped = false,
    }: Dialect & { readonly line?: number; readonly isEscaped?: boolean },
  ): void {
    const translated = translateText(tokenize(text, line), { ...vocabulary, isEscaped });
    this.notes.push(...translated.notes.map((note) => `${name}, ${note}`));
    if (translated.text === undefined) return;
    const page = isEscaped ? asPage(translated.text) : translated.text;
    this.files.set(`${brand}/${this.language}/${stem}.njk`, `${page.trimEnd()}\n`);
    this.brands.add(brand);
  }

  /** Translates a whole mail. @param message `validation` or `invite` */
  addMail(brand: string, message: string, name: string, text: string, dialect: Dialect): void {
    const { headers, parts, notes } = parseMimeTemplate(text);
    this.notes.push(...notes.map((note) => `${name}, ${note}`));
    const find = (type: string) => parts.find((part) => part.type === type);
    const [plain, html] = [find('text/plain'), find('text/html')];
    const subject = headers.get('subject');
    if (subject !== undefined && !subject.includes('subject_header_value')) {
      this.addText(brand, `mail/${message}.subject`, name, subject, dialect);
    }
    for (const header of headers.keys()) {
      if (!HEADERS.test(header)) this.notes.push(`${name}: the header ${header} has no place, and is left out`);
    }
    if (plain) this.addText(brand, `mail/${message}.txt`, name, plain.text, { ...dialect, line: plain.line });
    const shown = html ?? plain;
    if (shown) {
      const more = { ...dialect, line: shown.line, isEscaped: !html };
      this.addText(brand, `mail/${message}.html`, name, shown.text, more);
    }
    if (!plain && html) this.notes.push(`${name}: there was no plain text; that of Islet is used`);
    if (!shown) this.notes.push(`${name}: there is no text in it`);
  }

  /** Adds what a page may not contain to the notes. */
  checkPage(name: string, html: string): void {
    for (const [index, line] of html.split('\n').entries()) {
      const [found] =
        /<script|<link|\sstyle=|\son\w+=|src=["']?https?:|url\(["']?https?:/i.exec(line.slice(0, 10_000)) ?? [];
      if (found !== undefined) {
        this.notes.push(
          `${name}, line ${index + 1}: ${found.trim()} has no effect, because pages load and run nothing`,
        );
      }
    }
  }

  /** A translated text; `undefined` if there is none. */
  textOf(brand: string, stem: string): string | undefined {
    return this.files.get(`${brand}/${this.language}/${stem}.njk`);
  }

  /** Makes a text that is for spaces one for both. @param room the text for rooms */
  combine(brand: string, stem: string, room: string | undefined): void {
    const space = this.textOf(brand, stem);
    if (space === undefined || room === undefined) return;
    const spacing = `{% if isSpace %}${space.trimEnd()}{% else %}${room.trimEnd()}{% endif %}\n`;
    this.files.set(`${brand}/${this.language}/${stem}.njk`, spacing);
  }

  /** The brand for requests that name none: this one if it has texts, otherwise the first of the others. */
  brandFor(wanted: string | undefined, fallback: string): string {
    const [first = fallback] = this.brands;
    if (wanted !== undefined && this.brands.has(wanted)) return wanted;
    return this.brands.has(fallback) ? fallback : first;
  }

  /** With the description of each brand. @param displayName the name of the brand in texts */
  finish(displayName: string): ReadonlyMap<string, string> {
    for (const brand of this.brands) {
      this.files.set(`${brand}/brand.yaml`, `name: ${printableJson(displayName)}\nlanguage: ${this.language}\n`);
    }
    return this.files;
  }
}

export interface Dialect {
  readonly tokenize: Tokenize;
  readonly vocabulary: Vocabulary;
}

/** Headers that Islet writes itself, and those of the parts. */
const HEADERS = /^(subject|date|from|to|message-id|mime-version|content-.*)$/;

/** A plain text as HTML. */
const asPage = (text: string): string =>
  `<!doctype html>\n<html lang="{{ language }}" dir="{{ direction }}">\n<body><div style="white-space: pre-wrap">${text}</div></body>\n</html>`;
