import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogTelemetry } from '../../../src/adapters/system/log-telemetry.js';

describe('metrics', () => {
  let stderr: PassThrough;
  let telemetry: LogTelemetry;
  beforeEach(() => {
    stderr = new PassThrough();
    const stream = Object.assign(stderr, { isTTY: false }) as unknown as NodeJS.WriteStream;
    telemetry = new LogTelemetry({ level: 'error', format: 'json' }, stream);
  });
  afterEach(() => telemetry.close());
  const text = () => telemetry.registry.metrics();

  it('are counted per label, with their help text', async () => {
    telemetry.count('requests', { endpoint: '/a', status: '200' });
    telemetry.count('requests', { endpoint: '/a', status: '404' });
    telemetry.count('requests', { endpoint: '/a', status: '404' });
    expect(await text()).toMatch(/^# HELP islet_requests_total HTTP requests by endpoint and class of status\./m);
    expect(await text()).toContain('# TYPE islet_requests_total counter');
    expect(await text()).toMatch(/^islet_requests_total\{endpoint="\/a",status="200"\} 1$/m);
    expect(await text()).toMatch(/^islet_requests_total\{endpoint="\/a",status="404"\} 2$/m);
  });

  it('start at 0 if the values of all labels are known', async () => {
    expect(await text()).toMatch(/^islet_account_checks_total\{result="no_account"\} 0$/m);
    expect(await text()).not.toContain('islet_syncs_total{');
    telemetry.startAtZero({ mirror: ['staff'], source: ['staff', 'crm'] });
    expect(await text()).toMatch(/^islet_syncs_total\{source="staff",result="refused"\} 0$/m);
    expect(await text()).toMatch(/^islet_source_failures_total\{source="crm"\} 0$/m);
    expect(await text()).not.toMatch(/^islet_syncs_total\{source="crm"/m);
    expect(await text()).not.toContain('islet_upstream_failures_total{');
  });

  it('start at 0 for histograms, too, and keep observed values', async () => {
    telemetry.observe('sync_duration_seconds', 2, { source: 'staff' });
    telemetry.startAtZero({ mirror: ['staff', 'crm'] });
    expect(await text()).toMatch(/^islet_sync_duration_seconds_count\{source="staff"\} 1$/m);
    expect(await text()).toMatch(/^islet_sync_duration_seconds_count\{source="crm"\} 0$/m);
  });

  it('have no gauge before it is set, and replace all its values', async () => {
    expect(await text()).not.toMatch(/^islet_(sessions|bindings\{.*) /m);
    telemetry.gauge('sessions', [{ value: 3 }]);
    telemetry.gauge('mirror_entries', [{ labels: { source: 'staff' }, value: 5 }]);
    telemetry.gauge('mirror_entries', [{ labels: { source: 'crm' }, value: 6 }]);
    expect(await text()).toMatch(/^islet_sessions 3$/m);
    expect(await text()).toMatch(/^islet_mirror_entries\{source="crm"\} 6$/m);
    expect(await text()).not.toContain('islet_mirror_entries{source="staff"}');
  });

  it('keep counts from before they are initialised with 0', async () => {
    telemetry.count('source_failures', { source: 'staff' });
    telemetry.startAtZero({ source: ['staff'] });
    expect(await text()).toMatch(/^islet_source_failures_total\{source="staff"\} 1$/m);
  });

  it('sort measured times into buckets', async () => {
    for (const seconds of [0.003, 0.2, 90]) {
      telemetry.observe('request_duration_seconds', seconds, { endpoint: '/a', status: '200' });
    }
    expect(await text()).toMatch(
      /^islet_request_duration_seconds_bucket\{le="0.005",endpoint="\/a",status="200"\} 1$/m,
    );
    expect(await text()).toMatch(/^islet_request_duration_seconds_bucket\{le="0.5",endpoint="\/a",status="200"\} 2$/m);
    expect(await text()).toMatch(/^islet_request_duration_seconds_count\{endpoint="\/a",status="200"\} 3$/m);
  });

  it.each([
    ['an undeclared counter', () => telemetry.count('unheard_of'), 'unheard_of'],
    ['an undeclared label', () => telemetry.count('requests', { user: 'x' }), 'requests'],
    ['an undeclared histogram', () => telemetry.observe('unheard_of', 1), 'unheard_of'],
    ['an undeclared gauge', () => telemetry.gauge('unheard_of', []), 'unheard_of'],
  ])('survive %s, and log it as an error', async (_case, work, metric) => {
    work();
    await telemetry.close();
    expect(JSON.parse(String(stderr.read()))).toMatchObject({ level: 'error', event: 'metric_failed', metric });
  });
});
