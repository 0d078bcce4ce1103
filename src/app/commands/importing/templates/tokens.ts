/** A piece of a template of another program. Lines are counted from 1. */
export type Token = { readonly line: number; readonly source: string } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: string; readonly isUrl: boolean }
  | { readonly kind: 'statement'; readonly words: string; readonly open: string; readonly close: string }
  | { readonly kind: 'unknown' }
);

export type Tokenize = (text: string, firstLine: number) => readonly Token[];

/** A piece of the text, with the groups of a pattern if there is one. */
interface Found {
  readonly index: number;
  readonly 0: string;
  readonly 1?: string;
}

/** Splits a text at pieces of it. @param tokenOf the token of a piece; a text stands for itself */
function split(
  text: string,
  firstLine: number,
  pieces: Iterable<Found>,
  tokenOf: (found: Found) => Piece | string,
): readonly Token[] {
  const tokens: Token[] = [];
  let [at, line] = [0, firstLine];
  const add = (piece: Piece, source: string) => {
    if (source !== '') tokens.push({ ...piece, source, line });
    line += source.split('\n').length - 1;
  };
  for (const found of pieces) {
    const before = text.slice(at, found.index);
    add({ kind: 'text', text: before }, before);
    const piece = tokenOf(found);
    add(typeof piece === 'string' ? { kind: 'text', text: piece } : piece, found[0]);
    at = found.index + found[0].length;
  }
  add({ kind: 'text', text: text.slice(at) }, text.slice(at));
  return tokens;
}

type Piece = Token extends infer T ? (T extends Token ? Omit<T, 'line' | 'source'> : never) : never;

/** Sydent 1.x and the fork: `%(name)s`, `%(name_forhtml)s`, `%(name_forurl)s`, and `%%` for a percent sign. */
export const percentTokens: Tokenize = (text, line) =>
  split(text, line, text.matchAll(/%%|%\(([\w.]{1,100})\)s|%\([^)\n]{0,100}\)[a-z]?/g), ({ 0: found, 1: name }) => {
    if (found === '%%') return '%';
    if (name === undefined) return { kind: 'unknown' };
    return { kind: 'value', name: name.replace(/_for(html|url)$/, ''), isUrl: name.endsWith('_forurl') };
  });

/** Sydent 2.x: Jinja2. */
export const jinjaTokens: Tokenize = (text, line) =>
  split(text, line, jinjaPieces(text), ({ 0: found }) => {
    if (found.startsWith('{#')) return '';
    const [open, inner, close] = marksOf(found.slice(2, -2));
    if (found.startsWith('{%')) return { kind: 'statement', words: inner, open, close };
    const [name = '', ...filters] = inner.split('|').map((part) => part.trim());
    if (!/^[\w.]{1,100}$/.test(name) || !filters.every((filter) => FILTERS.has(filter))) return { kind: 'unknown' };
    return { kind: 'value', name, isUrl: filters.includes('urlencode') };
  });

const CLOSERS: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}', '{#': '#}' };

/** What is between its opening and closing marks. */
function* jinjaPieces(text: string): Iterable<Found> {
  const unclosed = new Set<string>();
  const opening = /\{[{%#]/g;
  for (let found = opening.exec(text); found; found = opening.exec(text)) {
    const closer = CLOSERS[found[0]] ?? '';
    const end = unclosed.has(closer) ? -1 : text.indexOf(closer, found.index + 2);
    if (end < 0) unclosed.add(closer);
    else {
      yield { index: found.index, 0: text.slice(found.index, end + 2) };
      opening.lastIndex = end + 2;
    }
  }
}

/** A minus at either end removes white space; a plus keeps it, as usual. */
function marksOf(inner: string): readonly [open: string, words: string, close: string] {
  const words = inner.trim();
  const [first, last] = [inner.charAt(0), inner.charAt(inner.length - 1)];
  const from = /[-+]/.test(first) ? 1 : 0;
  const to = /[-+]/.test(last) && inner.length > 1 ? 1 : 0;
  const dash = (mark: string) => (mark === '-' ? '-' : '');
  return from + to === 0 ? ['', words, ''] : [dash(first), inner.slice(from, inner.length - to).trim(), dash(last)];
}

/** Filters that are not needed: Islet escapes by itself. `safe` is left out, because values come from other people. */
const FILTERS = new Set(['urlencode', 'safe', 'e', 'escape', 'trim']);

/** ma1sd: `%NAME%` and `%NAME_URL_ENCODED%`. */
export const ma1sdTokens: Tokenize = (text, line) =>
  split(text, line, text.matchAll(/%([A-Z][A-Z_]{1,60})%/g), ({ 1: name = '' }) => ({
    kind: 'value',
    name: name.replace(/_URL_ENCODED$/, ''),
    isUrl: name.endsWith('_URL_ENCODED'),
  }));

/** Text messages of Sydent: `{token}`, and double braces for single ones. */
export const braceTokens: Tokenize = (text, line) =>
  split(text, line, text.matchAll(/\{\{|\}\}|\{(\w{0,100})\}/g), ({ 0: found, 1: name }) =>
    name === undefined ? found.slice(1) : { kind: 'value', name, isUrl: false },
  );
