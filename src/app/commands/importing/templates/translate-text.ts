import type { Token } from './tokens.js';

export interface Vocabulary {
  /** Expressions of Islet by variable. `undefined` for what Islet has no value for. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Variables of which links were composed: the whole link becomes `link`. */
  readonly partsOfLink: ReadonlySet<string>;
}

export interface TranslatedText {
  /** `undefined` if it cannot be translated. */
  readonly text: string | undefined;
  readonly notes: readonly string[];
}

interface Options extends Vocabulary {
  /** Whether literal text is escaped for HTML. */
  readonly isEscaped?: boolean;
}

/** Translates a tokenized template into a template of Islet, with one note for each place that differs. */
export function translateText(tokens: readonly Token[], options: Options): TranslatedText {
  const notes: string[] = [];
  let isWhole = true;
  const translated = runsOf(tokens)
    .map((run) => {
      if (isLink(run, options)) {
        notes.push(`line ${run[0]?.line}: the link is one of Islet now`);
        return '{{ link }}';
      }
      return run.map((token) => translateToken(token, options, notes, () => (isWhole = false))).join('');
    })
    .join('');
  return { text: isWhole ? translated : undefined, notes };
}

/** Characters that end a link. */
const ENDS = /([\s"'<>()]+)/;

/** Groups tokens between blanks, quotes and brackets. */
function runsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const runs: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind !== 'text') {
      runs.at(-1)?.push(token);
      continue;
    }
    let { line } = token;
    for (const piece of token.text.split(ENDS)) {
      const part = { ...token, text: piece, line };
      line += piece.split('\n').length - 1;
      if (ENDS.test(piece)) runs.push([part], []);
      else if (piece !== '') runs.at(-1)?.push(part);
    }
  }
  return runs.filter((run) => run.length > 0);
}

/** Whether a run is a link that was composed of variables. Its conditions must begin and end in it. */
function isLink(run: readonly Token[], { partsOfLink }: Vocabulary): boolean {
  if (!run.some((token) => token.kind === 'value' && partsOfLink.has(token.name))) return false;
  const words = run.flatMap((token) => (token.kind === 'statement' ? [token.words.split(/\s/, 1)[0]] : []));
  return words.filter((word) => word === 'if').length === words.filter((word) => word === 'endif').length;
}

function translateToken(token: Token, options: Options, notes: string[], fail: () => void): string {
  switch (token.kind) {
    case 'text':
      return literal(options.isEscaped ? escaped(token.text) : token.text);
    case 'unknown':
      notes.push(`line ${token.line}: ${token.source} is not understood, and left out`);
      return '';
    case 'value': {
      const value = Object.hasOwn(options.values, token.name) ? options.values[token.name] : undefined;
      if (value !== undefined) return `{{ ${token.isUrl ? `(${value}) | urlencode` : value} }}`;
      notes.push(`line ${token.line}: ${token.source} has no place, and is left out`);
      return '';
    }
    case 'statement': {
      const words = statement(token.words, options);
      if (words !== undefined) return `{%${token.open} ${words} ${token.close}%}`;
      notes.push(`line ${token.line}: ${token.source.slice(0, 200)} cannot be translated, and so the file is left out`);
      fail();
      return '';
    }
  }
}

/** Literal text in which Nunjucks finds nothing. */
const literal = (text: string): string => text.replaceAll(/\{(?=[{%#]|$)/g, '{{ "{" }}');

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `if`, `elif`, `else` and `endif`, with conditions of names, texts, comparisons and `and`, `or`, `not`. */
function statement(words: string, { values }: Vocabulary): string | undefined {
  const [, keyword = '', condition = ''] = /^(\w+)\s*([^]*)$/.exec(words) ?? [];
  if (keyword === 'else' || keyword === 'endif') return condition === '' ? keyword : undefined;
  if (keyword !== 'if' && keyword !== 'elif') return undefined;
  const parts = condition.match(/"[^"\\]*"|'[^'\\]*'|[\w.]+|[=!]=|[()]|\S/g) ?? [];
  const translated = parts.map((part) => {
    if (/^(and|or|not|[=!]=|[()])$/.test(part) || /^["']/.test(part)) return part;
    if (!/^[A-Za-z_][\w.]*$/.test(part)) return undefined;
    return `(${(Object.hasOwn(values, part) ? values[part] : undefined) ?? '""'})`;
  });
  return translated.length === 0 || translated.includes(undefined) ? undefined : `${keyword} ${translated.join(' ')}`;
}
