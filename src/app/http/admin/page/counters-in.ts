import type { Counted } from './metric-history.js';

/** The values of a counter of Islet, in metrics in the text format of Prometheus. @param name as in `Telemetry` */
export function countersIn(metrics: string, name: string): readonly Counted[] {
  const beginning = `islet_${name}_total{`;
  return metrics.split('\n').flatMap((line) => {
    if (!line.startsWith(beginning)) return [];
    const end = line.lastIndexOf('} ');
    const labels = Array.from(
      line.slice(beginning.length, end).matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g),
      ([, label, value]) => [
        label,
        value?.replace(/\\(.)/g, (_pair, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
      ],
    );
    return [{ labels: Object.fromEntries(labels) as Counted['labels'], value: Number(line.slice(end + 2)) }];
  });
}
