import { stringify } from 'yaml';
import { optionCatalog, type Choice, type Entry } from './option-catalog.js';

/** Option values by name, as written in the file. */
export interface Given {
  readonly [key: string]: unknown;
}

/**
 * A commented configuration file with every option. Options that are not in `given` are commented out (`#` without a
 * space) and show their default, or an example if they have none.
 */
export function commentedYaml(given: Given, head: string): string {
  const blocks = optionCatalog().map((entry) => block(entry, given[entry.key], { indent: '' }).join('\n'));
  return `${wrap(head, '# ').join('\n')}\n\n${blocks.join('\n\n')}\n`;
}

interface Margin {
  readonly indent: string;
  /** Column of the `#` that comments these lines out. */
  readonly mark?: number;
}

const deeper = (margin: Margin, by: number): Margin => ({ ...margin, indent: margin.indent + ' '.repeat(by) });

/** The lines of one option or section. */
function block(entry: Entry, given: unknown, outer: Margin): readonly string[] {
  const comment = wrap(entry.doc, '# ').map((text) => line(text, outer));
  const margin = given === undefined ? { mark: outer.indent.length, ...outer } : outer;
  if (entry.choices.length > 0) return [...comment, line(`${entry.key}:`, margin), ...members(entry, given, outer)];
  if (entry.children.length === 0) return [...comment, line(`${entry.key}: ${inline(given ?? shown(entry))}`, margin)];
  return [...comment, line(`${entry.key}:`, margin), ...section(entry.children, given as Given, deeper(margin, 2))];
}

const section = (entries: readonly Entry[], given: Given | undefined, margin: Margin): readonly string[] =>
  entries
    .filter((entry) => isShown(entry) || given?.[entry.key] !== undefined)
    .flatMap((entry) => block(entry, given?.[entry.key], margin));

/** The given elements of a list or a map, and an example of each other kind. */
function members({ choices }: Entry, given: unknown, outer: Margin): readonly string[] {
  const elements = Array.isArray(given) ? given.map(nameAndValue) : Object.entries((given ?? {}) as Given);
  const written = elements.flatMap(([name, value]) => {
    const choice = choices.find((entry) => entry.name === name || !entry.isInList);
    return choice ? member({ ...choice, name }, value as Given, deeper(outer, 2)) : [];
  });
  const margin = { mark: outer.indent.length, ...deeper(outer, 2) };
  const others = choices.filter(({ name }) => !elements.some(([written]) => written === name));
  return [...written, ...others.flatMap((choice) => member(choice, undefined, margin))];
}

const nameAndValue = (element: unknown): [string, unknown] =>
  typeof element === 'string' ? [element, {}] : (Object.entries(element as Given)[0] ?? ['', {}]);

function member(choice: Choice, given: Given | undefined, margin: Margin): readonly string[] {
  const { name, isInList, children } = choice;
  if (choice.isInline) return flatMember(children, given, margin);
  const head = `${isInList ? '- ' : ''}${name}`;
  if (children.length === 0) return [line(head, margin)];
  return [line(`${head}:`, margin), ...section(children, given, deeper(margin, isInList ? 4 : 2))];
}

/** `- use: ./hr.mjs` and its other options. */
function flatMember([own, ...others]: readonly Entry[], given: Given | undefined, margin: Margin): readonly string[] {
  if (!own) return [];
  return [
    ...wrap(own.doc, '# ').map((text) => line(text, { indent: margin.indent })),
    line(`- ${own.key}: ${inline(given?.[own.key] ?? shown(own))}`, margin),
    ...section(others, given, deeper(margin, 2)),
  ];
}

/** Options with neither a default nor an example are alternatives to options that have one, and are left out. */
const isShown = (entry: Entry): boolean => shown(entry) !== undefined || entry.children.some(isShown);

function shown({ default: usual, example }: Entry): unknown {
  const isEmpty = typeof usual === 'object' && usual !== null && Object.keys(usual).length === 0;
  return isEmpty ? (example ?? usual) : (usual ?? example);
}

export const inline = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();

function line(text: string, { indent, mark }: Margin): string {
  const line = indent + text;
  return mark === undefined ? line : `${line.slice(0, mark)}#${line.slice(mark)}`;
}

/** Lines of at most 100 characters. */
function wrap(text: string, start: string): readonly string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of paragraph.split(' ')) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + word.length < 100) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`${start}${word}`);
    }
    return lines.map((text) => text.trimEnd());
  });
}
