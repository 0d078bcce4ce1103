import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fullName, type Metric, metrics } from '../../src/adapters/system/declared-metrics.js';
import { createProgram } from '../../src/app/cli/program.js';
import { commandsOf } from '../../src/app/commands/exit-codes.js';
import { used } from '../support/docs/metrics-page.js';
import { alertRules, dashboard } from '../support/monitoring.js';

const page = readFileSync(new URL('../../docs/setup/monitoring.md', import.meta.url), 'utf8');
const declared = new Map(Object.entries<Metric>(metrics).map(([name, metric]) => [fullName(name, metric), metric]));
const queries = [
  ...alertRules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** The metric of a series: `islet_x_seconds_bucket` belongs to `islet_x_seconds`. */
const metricOf = (series: string) => declared.get(series) ?? declared.get(series.replace(/_(?:bucket|sum|count)$/, ''));

describe.each(queries)('the query of %s', (_name, expr) => {
  it('names metrics that exist, with labels and values that they have', () => {
    for (const [, series = '', matchers = ''] of expr.matchAll(/\b(islet_\w+)(?:\{([^}]*)\})?/g)) {
      const metric = metricOf(series);
      expect([series, metric !== undefined]).toEqual([series, true]);
      for (const [, label = '', operator, value] of matchers.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)) {
        if (label === 'instance' || label === 'job') continue;
        const values = metric?.labels[label];
        expect([series, label, values !== undefined]).toEqual([series, label, true]);
        if (operator === '=~' || values === undefined || typeof values === 'string') continue;
        expect(values).toContain(value);
      }
    }
  });
});

describe('the alerts', () => {
  const commands = new Set(commandsOf(createProgram({})).map(({ name }) => name));
  const events = new Set(used().events.map(({ event }) => event));

  it.each(alertRules)('$alert says what to do, with commands and log events that exist', ({ annotations }) => {
    const { action } = annotations;
    expect(action).toMatch(/islet |curl|systemctl|in the log/);
    const named = Array.from(action.matchAll(/\bislet ([a-z]+(?: (?:test|status))?)\b/g), ([, name = '']) => name);
    expect(named.filter((name) => !commands.has(name) && !commands.has(`${name} list`))).toEqual([]);
    const words = Array.from(action.matchAll(/\b[a-z]+(?:_[a-z]+)+\b/g), ([word]) => word);
    expect(words.filter((word) => !events.has(word))).toEqual([]);
  });

  it('are few, and each is on the page with its severity', () => {
    expect(alertRules.length).toBeLessThan(15);
    for (const { alert, labels } of alertRules)
      expect(page).toMatch(new RegExp(`\\| \`${alert}\` \\| ${labels.severity} \\|`));
  });
});

describe('the dashboard', () => {
  it('has the fields that Grafana needs: a uid, a selectable data source, panels with ids and positions', () => {
    expect(dashboard.uid).toBe('islet');
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance']);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(cells.every((cell) => Number(cell.split(' ')[0]) < 24)).toBe(true);
  });

  it('names panels and commands that exist where it says which question it answers', () => {
    const titles = new Set(dashboard.panels.map(({ title }) => title));
    const text = dashboard.panels.find(({ type }) => type === 'text')?.options?.content ?? '';
    const panels = Array.from(text.matchAll(/\*\*(.+?)\*\*/g), ([, name = '']) => name);
    expect(panels.length).toBeGreaterThan(7);
    expect(panels.filter((name) => !titles.has(name))).toEqual([]);
    const commands = new Set(commandsOf(createProgram({})).map(({ name }) => name));
    const named = Array.from(text.matchAll(/`islet ([a-z]+(?: (?:test|status))?)\b/g), ([, name = '']) => name);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !commands.has(name))).toEqual([]);
  });
});
