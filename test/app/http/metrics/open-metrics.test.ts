import { describe, expect, it } from 'vitest';
import { openMetrics, wantsOpenMetrics } from '../../../../src/app/http/metrics/open-metrics.js';

describe('metrics as OpenMetrics', () => {
  it.each([
    ['application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;q=0.5', true],
    ['text/plain;version=0.0.4', false],
    ['*/*', false],
    [undefined, false],
  ])('are used for the Accept header "%s": %s', (accept, isWanted) => {
    expect(wantsOpenMetrics(accept)).toBe(isWanted);
  });

  it('name counters without _total in their description, and end with a mark', () => {
    const text = [
      '# HELP islet_jobs_total Attempts.',
      '# TYPE islet_jobs_total counter',
      'islet_jobs_total{kind="onbind"} 0',
      '',
      '# HELP nodejs_active_handles_total Number of handles.',
      '# TYPE nodejs_active_handles_total gauge',
      'nodejs_active_handles_total 5',
      '',
    ].join('\n');
    expect(openMetrics(text)).toBe(
      [
        '# HELP islet_jobs Attempts.',
        '# TYPE islet_jobs counter',
        'islet_jobs_total{kind="onbind"} 0',
        '# HELP nodejs_active_handles_total Number of handles.',
        '# TYPE nodejs_active_handles_total gauge',
        'nodejs_active_handles_total 5',
        '# EOF',
        '',
      ].join('\n'),
    );
  });
});
