/** A file in the format of Python's configparser. The values of `[DEFAULT]` are defaults in each section. */
export interface PythonConfig {
  /** `undefined` if neither the section nor `[DEFAULT]` has the key. Keys are case-insensitive. */
  get(section: string, key: string): string | undefined;
  /** Names as written in the file, without `[DEFAULT]`. */
  readonly sections: readonly string[];
  /** The keys of a section without those of `[DEFAULT]`. */
  keysOf(section: string): readonly string[];
  /** The keys of `[DEFAULT]`. */
  readonly defaults: readonly string[];
}

export interface PythonConfigRules {
  /** In Python 2, `;` after white space begins a comment. */
  readonly hasInlineComments: boolean;
  /** Keys whose values are not interpolated: `%` does not refer to another option. */
  readonly raw: ReadonlySet<string>;
}

const DEFAULT = 'DEFAULT';

/** @throws Error naming the line that is not an option, a comment or a section */
export function parsePythonConfig(text: string, { hasInlineComments, raw }: PythonConfigRules): PythonConfig {
  const values = new Map<string, Map<string, string>>([[DEFAULT, new Map()]]);
  let section: Map<string, string> | undefined;
  let key: string | undefined;
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (/^\s*([#;].*)?$/.test(line)) {
      if (line.trim() === '') key = undefined;
      continue;
    }
    const content = hasInlineComments ? line.replace(/\s;.*$/, '') : line;
    if (/^\s/.test(content) && section && key !== undefined) {
      section.set(key, `${section.get(key)}\n${content.trim()}`);
      continue;
    }
    const [, name] = /^\[([^\]]+)\]\s*$/.exec(content) ?? [];
    if (name !== undefined) {
      section = values.get(name) ?? new Map<string, string>();
      values.set(name, section);
      key = undefined;
      continue;
    }
    const [, left, right = ''] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (left === undefined || !section) throw new Error(`line ${index + 1} is no option, comment or section`);
    key = left.trim().toLowerCase();
    section.set(key, right.trim());
  }
  const written = (name: string, option: string) => values.get(name)?.get(option) ?? values.get(DEFAULT)?.get(option);
  const get = (name: string, option: string): string | undefined => {
    const lowered = option.toLowerCase();
    const value = written(name, lowered);
    return value === undefined || raw.has(lowered) ? value : interpolate(value, (other) => written(name, other), 0);
  };
  return {
    get,
    sections: [...values.keys()].filter((name) => name !== DEFAULT),
    keysOf: (name) => [...(values.get(name)?.keys() ?? [])],
    defaults: [...(values.get(DEFAULT)?.keys() ?? [])],
  };
}

const DEEPEST = 10;

const interpolate = (value: string, of: (key: string) => string | undefined, depth: number): string =>
  value.replaceAll(/%%|%\(([^)]+)\)s/g, (found: string, key: string | undefined) => {
    if (key === undefined) return '%';
    const other = of(key.toLowerCase());
    return other === undefined || depth > DEEPEST ? found : interpolate(other, of, depth + 1);
  });
