export const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';
export const OPEN_METRICS_FORMAT = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Whether a client asks for OpenMetrics, as Prometheus does. */
export const wantsOpenMetrics = (accept: string | undefined): boolean =>
  /\bapplication\/openmetrics-text\b/i.test(accept ?? '');

/**
 * The text format of Prometheus as OpenMetrics: a counter is named without `_total`, there are no empty lines, and the
 * end is marked. prom-client can write it too, but then changes the names of its counters for both formats.
 */
export function openMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []));
  const renamed = lines.map((line) =>
    line.replace(/^(# (?:HELP|TYPE) )(\S+)_total /, (match, start: string, name: string) =>
      counters.has(name) ? `${start}${name} ` : match,
    ),
  );
  return `${renamed.join('\n')}\n# EOF\n`;
}
