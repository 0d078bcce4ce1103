import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../shared/package-root.js';

/** The brand that has all templates, at least in English. */
export const SHIPPED_BRAND = 'islet';
export const SHIPPED_LANGUAGE = 'en';

const SHIPPED = join(packageRoot, 'templates');
export const LANGUAGE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$/;
/** `brand/language/kind/file` */
const DEEPEST = 4;

/**
 * The template files that existed at startup. Names are paths with forward slashes, such as
 * `islet/en/mail/invite.txt.njk`. Only listed names are ever opened.
 */
export class TemplateFiles {
  readonly brands: readonly string[];

  private readonly paths: ReadonlyMap<string, string>;
  /** The answers of `languages` for known brands: every message asks. */
  private readonly languagesOf = new Map<string, readonly string[]>();

  /** @param directory the administrator's: its files override shipped ones of the same name */
  constructor(directory: string | undefined) {
    this.paths = new Map([...list(SHIPPED), ...(directory === undefined ? [] : list(directory))]);
    this.brands = unique(this.names.filter((name) => name.includes('/')).map((name) => part(name, 0)));
  }

  /** The languages in which a brand has any of the files that begin with `stem`, such as `mail/invite.`. */
  languages(brand: string, stem = ''): readonly string[] {
    const key = `${brand}/${stem}`;
    const known = this.languagesOf.get(key);
    if (known) return known;
    const languages = this.readLanguages(brand, stem);
    if (this.brands.includes(brand)) this.languagesOf.set(key, languages);
    return languages;
  }

  /** All files, by name. */
  get names(): readonly string[] {
    return [...this.paths.keys()];
  }

  /** The path of the file with this name. */
  path(name: string): string | undefined {
    return this.paths.get(name);
  }

  read(name: string): string | undefined {
    const path = this.paths.get(name);
    return path === undefined ? undefined : readFileSync(path, 'utf8');
  }

  private readLanguages(brand: string, stem: string): readonly string[] {
    return unique(
      this.names
        .filter((name) => part(name, 0) === brand && LANGUAGE.test(part(name, 1)))
        .filter((name) => name.split('/').slice(2).join('/').startsWith(stem))
        .map((name) => part(name, 1)),
    );
  }
}

/** Symbolic links are followed: mounted files in containers are often links. */
function list(root: string, below = ''): [name: string, path: string][] {
  return readdirSync(join(root, below)).flatMap((entry): [string, string][] => {
    if (entry.startsWith('.')) return [];
    const name = below ? `${below}/${entry}` : entry;
    const path = join(root, name);
    if (!statSync(path).isDirectory()) return [[name, path]];
    return name.split('/').length < DEEPEST ? list(root, name) : [];
  });
}

const part = (name: string, index: number): string => name.split('/')[index] ?? '';

const unique = (items: readonly string[]): readonly string[] => [...new Set(items)].sort();
