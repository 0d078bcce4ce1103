import { Counter, Gauge, type Registry } from 'prom-client';
import { combinations, declaredMetrics, fullName, type KnownValues, typeOf } from './declared-metrics.js';
import { seriesKey, TimeHistogram } from './time-histogram.js';

type Labels = Readonly<Record<string, string>>;

/** A value of a gauge, with its labels. */
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

interface Series {
  readonly labels: Labels;
  /** Counted since the last time that the counter was read. */
  pending: number;
}

/** A counter of prom-client, which gets what was counted when it is read. */
interface BufferedCounter {
  readonly counter: Counter;
  readonly series: Map<string, Series>;
}

/**
 * The registered metrics. Counters and histograms start at 0 with all label values, so that the first event is an
 * increase. Gauges have no value until they are set.
 */
export class Metrics {
  private readonly counters = new Map<string, BufferedCounter>();
  private readonly histograms = new Map<string, TimeHistogram>();
  private readonly gauges = new Map<string, Gauge>();

  constructor(registry: Registry) {
    for (const [name, metric] of declaredMetrics) {
      const { help, labels, buckets = [] } = metric;
      const labelNames = Object.keys(labels);
      const options = { name: fullName(name, metric), help, labelNames, registers: [registry] };
      const type = typeOf(metric);
      if (type === 'histogram')
        this.histograms.set(name, new TimeHistogram(options.name, help, labelNames, buckets, registry));
      else if (type === 'gauge') this.gauges.set(name, new Gauge(options));
      else this.counters.set(name, bufferedCounter(options));
    }
    for (const name of this.gauges.keys()) this.set(name, []);
    this.startAtZero({});
  }

  /** Initializes the counters and histograms with these label values to 0. */
  startAtZero(known: Partial<KnownValues>): void {
    for (const [name, { labels }] of declaredMetrics) {
      for (const combination of combinations(labels, known)) {
        this.counters.get(name)?.counter.inc(combination, 0);
        this.histograms.get(name)?.open(combination);
      }
    }
  }

  /** @throws for a counter or labels that are not declared */
  count(name: string, labels: Labels, by: number): void {
    const known = this.counters.get(name);
    if (!known) throw new Error(`no counter is called ${name}`);
    const key = seriesKey(labels);
    const series = known.series.get(key);
    if (series) series.pending += by;
    else {
      known.counter.inc(labels, 0); // checks the labels
      known.series.set(key, { labels, pending: by });
    }
  }

  /** @throws for a histogram or labels that are not declared */
  observe(name: string, value: number, labels: Labels): void {
    const histogram = this.histograms.get(name);
    if (!histogram) throw new Error(`no histogram is called ${name}`);
    histogram.observe(labels, value);
  }

  /** Replaces all values of a gauge. @throws for a gauge or labels that are not declared */
  set(name: string, samples: readonly Sample[]): void {
    const [gauge, declared] = [
      this.gauges.get(name),
      declaredMetrics.find(([declaredName]) => declaredName === name)?.[1],
    ];
    if (!gauge || !declared) throw new Error(`no gauge is called ${name}`);
    gauge.reset();
    // A gauge without labels would then be 0.
    if (Object.keys(declared.labels).length === 0) gauge.remove();
    for (const { labels = {}, value } of samples) gauge.set(labels, value);
  }
}

function bufferedCounter(options: ConstructorParameters<typeof Counter>[0]): BufferedCounter {
  const series = new Map<string, Series>();
  const collect = function collect(this: Counter): void {
    for (const entry of series.values()) {
      if (entry.pending > 0) this.inc(entry.labels, entry.pending);
      entry.pending = 0;
    }
  };
  return { counter: new Counter({ ...options, collect }), series };
}
