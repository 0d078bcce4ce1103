import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { alertRules, ALERTS_FILE } from '../support/monitoring.js';
import { promtool } from '../support/prometheus.js';

/** The series that make an alert fire, minute by minute; a minute without the alert, and a minute with it. */
const cases: Readonly<Record<string, readonly [series: string, values: string, quiet: number, fires: number]>> = {
  IsletDown: ['up{', '1 1 0x20', 2, 6],
  IsletDatabaseUnavailable: ['islet_database_available{', '1 1 0x20', 2, 5],
  IsletDirectoryNotRead: ['islet_mirror_sync_failing{source="s",', '0 1x60', 20, 40],
  IsletSyncRefused: ['islet_syncs_total{source="s",result="refused",', '0 0 1x20', 1, 4],
  IsletSourceFails: ['islet_lookups_total{source="s",way="live",outcome="failed",', '0 0 0+2x30', 3, 15],
  IsletMessagesFail: ['islet_mails_total{kind="validation",outcome="failed",', '0 0 1x30', 3, 10],
  IsletJobsWait: ['islet_jobs_oldest_seconds{kind="onbind",', '0+60x120', 60, 80],
  IsletJobsGivenUp: ['islet_jobs_total{kind="onbind",result="failed",', '0 0 1x20', 1, 4],
  IsletRequestsFail: ['islet_requests_total{endpoint="/x",status="5xx",', '0 0 0+10x30', 4, 15],
  IsletPepperNotFollowed: ['islet_followed_pepper_failing{source="s",', '0 1x60', 10, 30],
  IsletLookupsLimited: ['islet_limits_reached_total{limit="limits.lookup.addressesPerUser",', '0 0 0+10x30', 1, 10],
};

it('each alert fires after its time and not before', async () => {
  expect(Object.keys(cases)).toEqual(alertRules.map(({ alert }) => alert));
  const count = (alert: string, isFiring: boolean, minute: number) => ({
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
    exp_samples: [{ labels: '{}', value: isFiring ? 1 : 0 }],
    eval_time: `${minute}m`,
  });
  const tests = Object.entries(cases).map(([alert, [series, values, quiet, fires]]) => ({
    interval: '1m',
    input_series: [{ series: `${series}job="islet",instance="a:8091"}`, values }],
    promql_expr_test: [count(alert, false, quiet), count(alert, true, fires)],
  }));
  const folder = await mkdtemp(join(tmpdir(), 'islet-alerts-'));
  const file = join(folder, 'test.yml');
  await writeFile(file, stringify({ rule_files: [ALERTS_FILE], evaluation_interval: '1m', tests }));
  const output = await promtool('test', 'rules', file);
  await rm(folder, { recursive: true });
  expect(output).toContain('SUCCESS');
  expect(output).not.toContain('FAILED');
  expect(await promtool('check', 'rules', ALERTS_FILE)).toContain(`SUCCESS: ${alertRules.length} rules found`);
});
