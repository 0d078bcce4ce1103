import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from '@typescript/typescript6';
import { fullName, type Metric, metrics, typeOf } from '../../../src/adapters/system/declared-metrics.js';
import { row, withGenerated } from './markdown.js';

const SRC = new URL('../../../src/', import.meta.url).pathname;
/** Files without it are not parsed. */
const CALL = /\b(?:telemetry|log)\s*\??\.\s*(?:count|observe|gauge|debug|info|warn|error)\b/;

/** A log line in the source code. */
export interface LoggedEvent {
  readonly event: string;
  readonly level: string;
  /** As written; `…` for values known only at run time. */
  readonly message: string;
  /** Path below `src`. */
  readonly file: string;
}

/** A metric in the source code, with the names of its labels. */
export interface CountedMetric {
  readonly name: string;
  readonly labels: readonly string[] | undefined;
  readonly file: string;
}

export const metricsPage = (page: string): string =>
  withGenerated(withGenerated(page, 'metrics', metricsTable()), 'events', eventsTable());

function metricsTable(): string {
  const rows = Object.entries<Metric>(metrics).map(([name, metric]) =>
    row([
      `\`${fullName(name, metric)}\``,
      typeOf(metric),
      Object.entries(metric.labels)
        .map(([label, values]) => (typeof values === 'string' ? `\`${label}\`` : `\`${label}\`: ${values.join(', ')}`))
        .join('; '),
      metric.help,
    ]),
  );
  return [row(['name', 'type', 'labels', 'meaning']), row(['---', '---', '---', '---']), ...rows].join('\n');
}

function eventsTable(): string {
  const events = [...used().events].sort((a, b) => (a.event < b.event ? -1 : a.event > b.event ? 1 : 0));
  const rows = new Set(
    events.map(({ event, level, message }) => row([`\`${event}\``, level, message === '…' ? '*varies*' : message])),
  );
  return [row(['event', 'level', 'message']), row(['---', '---', '---']), ...rows].join('\n');
}

/** All log events and metrics in the source code. */
export function used(): { readonly events: readonly LoggedEvent[]; readonly metrics: readonly CountedMetric[] } {
  const events: LoggedEvent[] = [];
  const counted: CountedMetric[] = [];
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(SRC, file), 'utf8');
    if (!CALL.test(text)) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      ts.forEachChild(node, visit);
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      const { expression, name } = node.expression;
      if (!/(^|\.)(telemetry|log)$/.test(expression.getText())) return;
      const [first, ...rest] = node.arguments;
      if (!first) return;
      if (name.text === 'count' || name.text === 'observe' || name.text === 'gauge') {
        const labels = name.text === 'gauge' ? undefined : rest[name.text === 'count' ? 0 : 1];
        counted.push({
          name: textOf(first, node),
          labels: name.text === 'gauge' ? undefined : labels ? keysOf(labels, node) : [],
          file,
        });
      } else if (['debug', 'info', 'warn', 'error'].includes(name.text) && rest[0]) {
        events.push({ event: eventOf(rest[0], node), level: name.text, message: textOf(first, node), file });
      }
    };
    visit(source);
  }
  return { events, metrics: counted };
}

/** The object literal of an expression, or of the nearest variable with this name above it. */
function objectOf(expression: ts.Expression, from: ts.Node): ts.ObjectLiteralExpression | undefined {
  if (ts.isObjectLiteralExpression(expression)) return expression;
  const value = ts.isIdentifier(expression) ? valueOf(expression.text, from) : undefined;
  return value && ts.isObjectLiteralExpression(value) ? value : undefined;
}

function eventOf(expression: ts.Expression, from: ts.Node): string {
  const property = objectOf(expression, from)?.properties.find((candidate) => candidate.name?.getText() === 'event');
  return property && ts.isPropertyAssignment(property) ? textOf(property.initializer, from) : '…';
}

const keysOf = (expression: ts.Expression, from: ts.Node): readonly string[] | undefined =>
  objectOf(expression, from)?.properties.map((property) => property.name?.getText() ?? '…');

function textOf(expression: ts.Expression, from: ts.Node): string {
  if (ts.isStringLiteralLike(expression)) return expression.text;
  if (ts.isTemplateExpression(expression))
    return [expression.head.text, ...expression.templateSpans.map(({ literal }) => literal.text)].join('…');
  const value = ts.isIdentifier(expression) ? valueOf(expression.text, from) : undefined;
  return value && ts.isStringLiteralLike(value) ? value.text : '…';
}

function valueOf(name: string, from: ts.Node): ts.Expression | undefined {
  for (let scope: ts.Node | undefined = from; scope; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const found = statement.declarationList.declarations.find((candidate) => candidate.name.getText() === name);
      if (found?.initializer) return found.initializer;
    }
  }
  return undefined;
}
