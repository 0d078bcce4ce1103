import type { Histogram, MetricValueWithName, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  /** How many values are in each bucket and not in a smaller one; the last is for those above all bounds. */
  readonly counts: Float64Array;
  sum: number;
}

/**
 * A histogram for the registry of prom-client, whose own one spends more time on the labels of a value than a short
 * request takes.
 */
export class TimeHistogram {
  private readonly series = new Map<string, Series>();

  /** @param bounds the upper bounds of the buckets, ascending */
  constructor(
    readonly name: string,
    private readonly help: string,
    private readonly labelNames: readonly string[],
    private readonly bounds: readonly number[],
    registry: Registry,
  ) {
    registry.registerMetric(this as unknown as Histogram);
  }

  /** Makes the series of these labels exist. @throws for labels that are not declared */
  open(labels: Labels): void {
    this.seriesOf(labels);
  }

  /** @throws for labels that are not declared */
  observe(labels: Labels, value: number): void {
    const series = this.seriesOf(labels);
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]!) at++;
    series.counts[at]! += 1;
    series.sum += value;
  }

  /** For the registry. */
  async get() {
    const values: MetricValueWithName<string>[] = [];
    for (const { labels, counts, sum } of this.series.values()) {
      let count = 0;
      const add = (suffix: string, value: number, le?: number | string) =>
        values.push({
          metricName: `${this.name}_${suffix}`,
          labels: { ...(le !== undefined && { le }), ...labels },
          value,
        });
      for (const [at, bound] of this.bounds.entries()) add('bucket', (count += counts[at] ?? 0), bound);
      add('bucket', (count += counts.at(-1) ?? 0), '+Inf');
      add('sum', sum);
      add('count', count);
    }
    return { name: this.name, help: this.help, type: 'histogram', values, aggregator: 'sum' };
  }

  /** For the registry. */
  reset(): void {
    this.series.clear();
  }

  private seriesOf(labels: Labels): Series {
    const key = seriesKey(labels);
    let series = this.series.get(key);
    if (!series) {
      const unknown = Object.keys(labels).find((name) => !this.labelNames.includes(name));
      if (unknown !== undefined) throw new Error(`${this.name} has no label ${unknown}`);
      series = { labels, counts: new Float64Array(this.bounds.length + 1), sum: 0 };
      this.series.set(key, series);
    }
    return series;
  }
}

/** One key for each set of values; names and their order are those of the caller. */
export function seriesKey(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${name}\n${labels[name]}\n`;
  return key;
}
