import { parseDocument } from 'yaml';

/** A YAML file of another program, read by dotted paths. Missing values and values of another kind are `undefined`. */
export interface YamlTree {
  text(path: string): string | undefined;
  number(path: string): number | undefined;
  flag(path: string): boolean | undefined;
  /** Texts in a list; a single text is a list of one. */
  texts(path: string): readonly string[];
  /** The elements of a list. */
  list(path: string): readonly YamlTree[];
  keys(path: string): readonly string[];
  /** A branch; empty if there is none. */
  at(path: string): YamlTree;
  /** The paths of all values; lists are one value. */
  paths(): readonly string[];
}

const DEEPEST = 20;
const LONGEST = 1_000_000;

/** @throws Error with the line if it is not valid YAML, or no map */
export function parseYamlTree(text: string): YamlTree {
  if (text.length > LONGEST) throw new Error('the file is too large');
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { schema: 'failsafe', uniqueKeys: false, merge: true });
  const [error] = document.errors;
  if (error) throw new Error(error.message.split('\n')[0] ?? 'no YAML');
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value !== null && !isMap(value)) throw new Error('the file holds no options');
  return treeOf(value);
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All values are read as texts: a version `1.0` is not the number 1. */
const scalar = (value: unknown): string | undefined =>
  typeof value === 'string' && !/^\s*(null|~)?\s*$/.test(value) ? value.trim() : undefined;

function treeOf(root: unknown): YamlTree {
  const value = (path: string): unknown =>
    path.split('.').reduce<unknown>((at, key) => (isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined), root);
  const text = (path: string) => scalar(value(path));
  const elements = (path: string): readonly unknown[] => {
    const found = value(path);
    return Array.isArray(found) ? found : found === undefined || found === null ? [] : [found];
  };
  return {
    text,
    number: (path) => (/^\d{1,15}$/.test(text(path) ?? '') ? Number(text(path)) : undefined),
    flag: (path) => (/^(true|false)$/i.test(text(path) ?? '') ? /^true$/i.test(text(path) ?? '') : undefined),
    texts: (path) => elements(path).flatMap((node) => scalar(node) ?? []),
    list: (path) => elements(path).map(treeOf),
    keys: (path) => {
      const found = path === '' ? root : value(path);
      return isMap(found) ? Object.keys(found) : [];
    },
    at: (path) => treeOf(value(path)),
    paths: () => pathsOf(root, '', 0),
  };
}

function pathsOf(value: unknown, at: string, depth: number): readonly string[] {
  if (!isMap(value) || depth > DEEPEST) return [at];
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, at === '' ? key : `${at}.${key}`, depth + 1));
}
