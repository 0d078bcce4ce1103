import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { combinations, declaredMetrics, fullName, type KnownValues, typeOf } from './declared-metrics.js';

type Labels = Readonly<Record<string, string>>;

/** A value of a gauge, with its labels. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

/**
 * The registered metrics. Counters and histograms start at 0 with all label values, so that the first event is an
 * increase. Gauges have no value until they are set.
 */
export class Metrics {
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, Histogram>();
  private readonly gauges = new Map<string, Gauge>();
  /** The series of the histograms that exist: setting one to 0 would lose its measurements. */
  private readonly measured = new Set<string>();

  constructor(registry: Registry) {
    for (const [name, metric] of declaredMetrics) {
      const { help, labels, buckets = [] } = metric;
      const options = { name: fullName(name, metric), help, labelNames: Object.keys(labels), registers: [registry] };
      const type = typeOf(metric);
      if (type === 'histogram') this.histograms.set(name, new Histogram({ ...options, buckets: [...buckets] }));
      else if (type === 'gauge') this.gauges.set(name, new Gauge(options));
      else this.counters.set(name, new Counter(options));
    }
    for (const name of this.gauges.keys()) this.set(name, []);
    this.startAtZero({});
  }

  /** Initializes the counters and histograms with these label values to 0. */
  startAtZero(known: Partial<KnownValues>): void {
    for (const [name, { labels }] of declaredMetrics) {
      for (const combination of combinations(labels, known)) {
        this.counters.get(name)?.inc(combination, 0);
        if (this.isNew(name, combination)) this.histograms.get(name)?.zero(combination);
      }
    }
  }

  /** @throws for a counter or labels that are not declared */
  count(name: string, labels: Labels, by: number): void {
    const counter = this.counters.get(name);
    if (!counter) throw new Error(`no counter is called ${name}`);
    counter.inc(labels, by);
  }

  /** @throws for a histogram or labels that are not declared */
  observe(name: string, value: number, labels: Labels): void {
    const histogram = this.histograms.get(name);
    if (!histogram) throw new Error(`no histogram is called ${name}`);
    this.isNew(name, labels);
    histogram.observe(labels, value);
  }

  /** Replaces all values of a gauge. @throws for a gauge or labels that are not declared */
  set(name: string, samples: readonly Sample[]): void {
    const [gauge, declared] = [this.gauges.get(name), declaredMetrics.find(([one]) => one === name)?.[1]];
    if (!gauge || !declared) throw new Error(`no gauge is called ${name}`);
    gauge.reset();
    // A gauge without labels would then be 0.
    if (Object.keys(declared.labels).length === 0) gauge.remove();
    for (const { labels = {}, value } of samples) gauge.set(labels, value);
  }

  private isNew(histogram: string, labels: Labels): boolean {
    const series = [histogram, ...Object.values(labels)].join('\n');
    const isNew = !this.measured.has(series);
    if (isNew) this.measured.add(series);
    return isNew;
  }
}
