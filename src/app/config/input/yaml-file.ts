import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { ConfigError, type KeyPath, type Problem } from '../errors/problems.js';
import { cannotRead } from './read-file.js';

export interface YamlFile {
  /** The content of the file; `undefined` for a key without a value. */
  readonly data: Readonly<Record<string, unknown>>;
  lineOf(path: KeyPath): number | undefined;
  /** Whether a comment follows unquoted text: the intended value may be longer. */
  endsInComment(path: KeyPath): boolean;
}

/**
 * Reads a YAML file in UTF-8, with or without a byte order mark.
 *
 * @throws ConfigError with line and column, but without the text of the line: it may contain a secret
 */
export function readYaml(file: string): YamlFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new ConfigError([{ key: file, reason: cannotRead(file, error) }]);
  }
  return parseYaml(decode(bytes, file), file);
}

/** @param file the name of the file, for messages */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const problem = (at: number, reason: string, suggestion?: string): Problem => {
    const { line, col } = lines.linePos(at);
    return { key: file, reason: `line ${line}, column ${col}: ${reason}`, ...(suggestion && { suggestion }) };
  };
  const problems = [
    ...document.errors.map(({ code, message, pos }) =>
      problem(pos[0], message.split('\n')[0] ?? '', code === 'BAD_SCALAR_START' ? QUOTE : undefined),
    ),
    ...(document.errors.length > 0 ? [] : marksIn(document)).map(({ at, reason }) => problem(at, reason, QUOTE)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  const data = toData(document, file);
  return {
    data,
    lineOf: (path) => lineOf(document.contents, path, lines),
    endsInComment: (path) => {
      const node = document.getIn(path, true);
      return isScalar(node) && node.type === 'PLAIN' && Boolean(node.comment);
    },
  };
}

const QUOTE = 'put text that begins like this in quotes';

/**
 * Places where `*`, `&` or `!` has a meaning in YAML that cannot be intended. They are probably the beginning of a
 * password.
 */
function marksIn(document: Document): readonly { readonly at: number; readonly reason: string }[] {
  const found = document.warnings.map(({ pos }) => ({ at: pos[0], reason: 'an unknown tag (!…)' }));
  const used = new Set<string>();
  visit(document, {
    Alias: (_key, alias) => {
      used.add(alias.source);
      if (!alias.resolve(document))
        found.push({ at: alias.range?.[0] ?? 0, reason: 'an alias (*…) without an anchor' });
    },
  });
  visit(document, {
    Scalar: (_key, { anchor, range }) => {
      if (anchor !== undefined && !used.has(anchor))
        found.push({ at: range?.[0] ?? 0, reason: 'an anchor (&…) that is not used' });
    },
  });
  return found;
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError([{ key: file, reason: 'is not in UTF-8', suggestion: 'save it as UTF-8' }]);
  }
}

function toData(document: ReturnType<typeof parseDocument>, file: string): Record<string, unknown> {
  let data: unknown;
  try {
    data = withoutNulls(document.toJS());
  } catch {
    throw new ConfigError([{ key: file, reason: 'its aliases cannot be resolved' }]);
  }
  if (data === undefined) return {};
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Record<string, unknown>;
  throw new ConfigError([
    { key: file, reason: 'must contain sections such as "server:", not a list or a single value' },
  ]);
}

/** A key without a value counts as absent. */
function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, withoutNulls(below)]));
}

/** The line of the deepest part of `path` that exists in the file. */
function lineOf(node: unknown, path: KeyPath, lines: LineCounter, found?: number): number | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return found;
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    const start = (pair?.key as Node | undefined)?.range?.[0];
    return start === undefined ? found : lineOf(pair?.value, rest, lines, lines.linePos(start).line);
  }
  if (!isSeq(node)) return found;
  const item = node.items[Number(part)] as Node | undefined;
  return item?.range ? lineOf(item, rest, lines, lines.linePos(item.range[0]).line) : found;
}
