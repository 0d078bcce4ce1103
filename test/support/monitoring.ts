import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const deploy = new URL('../../deploy/', import.meta.url).pathname;

export const ALERTS_FILE = join(deploy, 'prometheus/alerts.yml');

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
  readonly options?: { readonly content?: string };
}

/** The alerts for Prometheus that Islet comes with. */
export const alertRules: readonly AlertRule[] = (
  parse(readFileSync(ALERTS_FILE, 'utf8')) as { groups: readonly { rules: readonly AlertRule[] }[] }
).groups.flatMap(({ rules }) => rules);

/** The dashboard for Grafana that Islet comes with. */
export const dashboard = JSON.parse(readFileSync(join(deploy, 'grafana/islet.json'), 'utf8')) as {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
};
