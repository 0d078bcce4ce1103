import { Counter, type Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface Count {
  readonly counter: Counter;
  readonly labels: Labels;
  pending: number;
}

/** Counters of prom-client, added up here until somebody reads them: each of its own additions costs as much as a lookup. */
export class Tally {
  private readonly counts = new Map<string, Count>();
  private readonly labelNames = new Map<string, readonly string[]>();

  constructor(private readonly registry: Registry) {}

  /** @throws if the counter was counted with other labels before */
  count(name: string, labels: Labels): void {
    let key = name;
    for (const label in labels) key += `\0${label}\0${labels[label]}`;
    const known = this.counts.get(key);
    if (known) known.pending++;
    else
      this.counts.set(key, { counter: this.counterOf(`islet_${name}_total`, Object.keys(labels)), labels, pending: 1 });
  }

  private counterOf(name: string, labelNames: string[]): Counter {
    const known = this.registry.getSingleMetric(name);
    if (known instanceof Counter) {
      const names = this.labelNames.get(name) ?? [];
      const unknown = labelNames.find((label) => !names.includes(label));
      if (unknown !== undefined) throw new Error(`the counter was counted without the label ${unknown} before`);
      return known;
    }
    this.labelNames.set(name, labelNames);
    const settle = (counter: Counter) => {
      for (const count of this.counts.values()) {
        if (count.counter !== counter || count.pending === 0) continue;
        counter.inc(count.labels, count.pending);
        count.pending = 0;
      }
    };
    return new Counter({
      name,
      help: `${name}, since the start`,
      labelNames,
      registers: [this.registry],
      collect() {
        settle(this);
      },
    });
  }
}
