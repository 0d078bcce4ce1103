import { DAY_MS, MINUTE_MS } from '../../../../domain/shared/durations.js';

/** A value of a counter, with its labels. */
export interface Counted {
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
}

/** The current values of a metric, by its name without prefix. */
export type ReadCounter = (name: string) => Promise<readonly Counted[]>;

/** The series of a chart: successes and failures. */
export interface Series {
  readonly kind: 'lookups' | 'mails' | 'text_messages';
  /** The source, for lookups. */
  readonly name: string;
}

export interface Bar {
  readonly good: number;
  readonly bad: number;
}

interface Sample {
  readonly at: number;
  readonly values: ReadonlyMap<string, Bar>;
}

const RECENT_MS = 5 * MINUTE_MS;
const BARS = 48;

/** The outcomes that are failures. */
const BAD: Readonly<Record<Series['kind'], readonly string[]>> = {
  lookups: ['failed'],
  mails: ['refused', 'failed'],
  text_messages: ['failed'],
};
const KINDS = Object.keys(BAD) as readonly Series['kind'][];

/** The counters of lookups and messages over the last day: one sample a minute, in memory. */
export class MetricHistory {
  private samples: Sample[] = [];

  constructor(private readonly read: ReadCounter) {}

  /** Call it every minute. @param at ms since the epoch */
  async sample(at: number): Promise<void> {
    const values = new Map<string, Bar>();
    for (const kind of KINDS) {
      for (const { labels, value } of await this.read(kind)) {
        const key = keyOf({ kind, name: kind === 'lookups' ? String(labels['source']) : '' });
        const { good, bad } = values.get(key) ?? { good: 0, bad: 0 };
        const isBad = BAD[kind].includes(String(labels['outcome']));
        values.set(key, isBad ? { good, bad: bad + value } : { good: good + value, bad });
      }
    }
    this.samples = [
      ...this.samples.filter((sample) => sample.at > at - DAY_MS - MINUTE_MS && sample.at < at),
      { at, values },
    ];
  }

  /** When the first sample was taken, ms since the epoch. */
  get since(): number | undefined {
    return this.samples[0]?.at;
  }

  /** All series that were ever counted, lookups first. */
  get series(): readonly Series[] {
    const keys = [...(this.samples.at(-1)?.values.keys() ?? [])];
    return keys.map((key) => {
      const [kind = '', ...name] = key.split(' ');
      return { kind: kind as Series['kind'], name: name.join(' ') };
    });
  }

  /** How many a minute, in the last five minutes. */
  perMinute(series: Series, now: number): number {
    const since = Math.max(now - RECENT_MS, this.since ?? now);
    const { good, bad } = this.between(series, since, now);
    return now > since ? ((good + bad) * MINUTE_MS) / (now - since) : 0;
  }

  /** The counts of the last day in half hours, the newest last. */
  bars(series: Series, now: number): readonly Bar[] {
    const width = DAY_MS / BARS;
    return Array.from({ length: BARS }, (_, at) => {
      const end = now - (BARS - 1 - at) * width;
      return this.between(series, end - width, end);
    });
  }

  private between(series: Series, from: number, to: number): Bar {
    const [before, after] = [this.at(series, from), this.at(series, to)];
    return { good: Math.max(0, after.good - before.good), bad: Math.max(0, after.bad - before.bad) };
  }

  private at(series: Series, time: number): Bar {
    const sample = this.samples.findLast(({ at }) => at <= time) ?? this.samples[0];
    return sample?.values.get(keyOf(series)) ?? { good: 0, bad: 0 };
  }
}

const keyOf = ({ kind, name }: Series): string => `${kind} ${name}`;
