import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import ts from '@typescript/typescript6';

export interface Import {
  /** A path below `src` with `.ts`, or the name of a package as written. */
  readonly from: string;
  /** It has no effect at run time. */
  readonly isType: boolean;
  /** The imported names; `*` for all. */
  readonly names: readonly string[];
}

/** The contents of one source file that the rules need. */
export interface Module {
  /** Path below `src`: `domain/threepid.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** The globals that it uses, with the member: `Date.now`, `process.env`, `setTimeout`. */
  readonly globals: ReadonlySet<string>;
  /** The interfaces that its classes implement. */
  readonly implemented: readonly string[];
  readonly lines: number;
}

/** All modules below a folder. */
export function modulesIn(folder: string): readonly Module[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) =>
      parseModule(relative(folder, join(folder, name)).split(sep).join('/'), readFileSync(join(folder, name), 'utf8')),
    );
}

export function parseModule(path: string, text: string): Module {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const globals = new Set<string>();
  const implemented: string[] = [];
  visit(source);
  return { path, imports, globals, implemented, lines: text.trimEnd().split('\n').length };

  function visit(node: ts.Node): void {
    if (ts.isImportDeclaration(node)) note(node.moduleSpecifier, isTypeImport(node), namesOf(node));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) note(node.moduleSpecifier, node.isTypeOnly, ['*']);
    else if (ts.isCallExpression(node) && isLoading(node.expression)) note(node.arguments[0], false, ['*']);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal, true, ['*']);
    else if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword)
      implemented.push(...node.types.map((type) => type.expression.getText()));
    else if (ts.isIdentifier(node) && isUse(node)) globals.add(withMember(node));
    ts.forEachChild(node, visit);
  }

  function note(specifier: ts.Node | undefined, isType: boolean, names: readonly string[]): void {
    // A computed specifier cannot be resolved; `*` is not allowed in any relevant place.
    const written = specifier && ts.isStringLiteralLike(specifier) ? specifier.text : '*';
    imports.push({ from: resolve(path, written), isType, names });
  }
}

const resolve = (path: string, written: string) =>
  written.startsWith('.') ? posix.join(posix.dirname(path), written).replace(/\.js$/, '.ts') : written;

const isLoading = (callee: ts.Expression) =>
  callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');

/** `import { type A }` leaves an empty import; only `import type` is removed at run time. */
const isTypeImport = ({ importClause }: ts.ImportDeclaration) =>
  importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;

function namesOf({ importClause }: ts.ImportDeclaration): readonly string[] {
  const bindings = importClause?.namedBindings;
  if (!bindings || importClause.name || ts.isNamespaceImport(bindings)) return ['*'];
  return bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
}

/** Whether an identifier refers to a value: not a member, a label, a declaration or a type. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return (
    ts.isExpression(parent) || ts.isStatement(parent) || ts.isShorthandPropertyAssignment(parent) || isInitializer(node)
  );
}

const isInitializer = (node: ts.Identifier) =>
  (ts.isVariableDeclaration(node.parent) ||
    ts.isParameter(node.parent) ||
    ts.isBindingElement(node.parent) ||
    ts.isPropertyDeclaration(node.parent)) &&
  node.parent.initializer === node;

function withMember(node: ts.Identifier): string {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return `${node.text}.${parent.name.text}`;
  const isNamed = ts.isElementAccessExpression(parent) && ts.isStringLiteralLike(parent.argumentExpression);
  return isNamed ? `${node.text}.${parent.argumentExpression.text}` : node.text;
}
