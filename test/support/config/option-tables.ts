import { optionCatalog, type Entry } from '../../../src/app/config/docs/option-catalog.js';
import { inline } from '../../../src/app/config/docs/example.js';

/** Replaces everything between `<!-- options: NAME -->` and `<!-- end -->`. */
export const withTables = (markdown: string): string =>
  markdown.replace(
    /(<!-- options: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => `${start}\n${table(tables().get(name) ?? [])}\n\n${end}`,
  );

/** The entries of each table: the sections, the kinds of elements, and `top` for options outside sections. */
export function tables(): ReadonlyMap<string, readonly Entry[]> {
  const sections = optionCatalog().filter(({ children }) => children.length > 0);
  const chosen = [...optionCatalog(), ...sections.flatMap(({ children }) => children)].flatMap(({ key, choices }) =>
    choices
      .filter(({ children }) => children.length > 0)
      .map(({ name, children }) => [`${key}.${name}`, children] as const),
  );
  const top = optionCatalog().filter(({ children }) => children.length === 0);
  return new Map([['top', top] as const, ...sections.map(({ key, children }) => [key, children] as const), ...chosen]);
}

function table(entries: readonly Entry[]): string {
  const all = rows(entries);
  const hasEnv = all.some(({ env }) => env !== undefined);
  const lines = all.map(({ key, doc, default: usual, isRequired, env }) => {
    const standard = isRequired ? '*required*' : usual === undefined ? '' : code(inline(usual));
    const cells = [code(key), standard, doc, ...(hasEnv ? [env === undefined ? '' : code(env)] : [])];
    return row(cells.map((cell) => cell.replaceAll('|', '\\|')));
  });
  const head = ['key', 'default', 'meaning', ...(hasEnv ? ['environment'] : [])];
  return [row(head), row(head.map(() => '---')), ...lines].join('\n');
}

const rows = (entries: readonly Entry[], at = ''): readonly Entry[] =>
  entries.flatMap((entry) => [{ ...entry, key: at + entry.key }, ...rows(entry.children, `${at}${entry.key}.`)]);

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const code = (text: string): string => `\`${text}\``;
