import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from '@typescript/typescript6';

/** A test whose name refers to requirements. */
export interface QuotingTest {
  /** Path relative to the root of the repository. */
  readonly file: string;
  /** The title after the titles of its groups, as vitest prints it. */
  readonly name: string;
  readonly ids: readonly string[];
}

const root = join(import.meta.dirname, '../../..');

/** All tests that refer to requirements, sorted by file and position. */
export function quotingTests(): readonly QuotingTest[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.(test|contract)\.ts$/.test(file))
    .toSorted()
    .map((file) => ({ file, text: readFileSync(join(root, 'test', file), 'utf8') }))
    .filter(({ text }) => idsIn(text).length > 0)
    .flatMap(({ file, text }) =>
      titlesIn(text)
        .map(({ title, groups }) => ({
          file: `test/${file}`,
          name: [...groups, title].join(' '),
          ids: idsIn(title),
        }))
        .filter(({ ids }) => ids.length > 0),
    );
}

/** The ids in parentheses: `(LOOK-7)`, `(EM-1, MS-2)`, `(EM-13..15)`. */
export function idsIn(name: string): readonly string[] {
  return Array.from(name.matchAll(/\(([A-Z][^)]*)\)/g), ([, quoted = '']) => quoted).flatMap((quoted) => {
    const parts = quoted.split(/, | and /).map((part) => /^([A-Z]+\d?)-(\d+)(?:\.\.(\d+))?$/.exec(part));
    if (parts.some((part) => part === null)) return [];
    return parts.flatMap((part) => {
      const [, chapter = '', first = '', last = first] = part ?? [];
      return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => `${chapter}-${Number(first) + at}`);
    });
  });
}

/** The titles of the tests and test groups in a file: `it('title', …)`, `it.for(cases)('title', …)`. */
function titlesIn(source: string): readonly { readonly title: string; readonly groups: readonly string[] }[] {
  const found: { title: string; groups: readonly string[] }[] = [];
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    let inner = groups;
    if (ts.isCallExpression(node) && ['describe', 'it', 'test'].includes(rootOf(node.expression))) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) {
        found.push({ title: title.text, groups });
        if (rootOf(node.expression) === 'describe') inner = [...groups, title.text];
      }
    }
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest), []);
  return found;
}

function rootOf(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isCallExpression(expression) || ts.isPropertyAccessExpression(expression))
    return rootOf(expression.expression);
  return '';
}
