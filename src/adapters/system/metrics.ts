import { Counter, Histogram, type Registry } from 'prom-client';

/** Label values that depend on the configuration: source names by kind, and job names. */
export interface KnownValues {
  readonly source: readonly string[];
  readonly mirror: readonly string[];
  readonly ldap: readonly string[];
  readonly upstream: readonly string[];
  readonly followedUpstream: readonly string[];
  readonly job: readonly string[];
}

/** The values of a label: a list, a key of `KnownValues`, or `open` if they are only known when events occur. */
type Values = readonly string[] | keyof KnownValues | 'open';

export interface Metric {
  readonly help: string;
  /** Values by label name. */
  readonly labels: Readonly<Record<string, Values>>;
  /** Upper bounds in seconds. Absent: the metric is a counter. */
  readonly buckets?: readonly number[];
}

/** All metrics of Islet by the name used in `Telemetry`; docs/reference/metrics.md is generated from this. */
export const metrics = {
  requests: {
    help: 'HTTP requests by endpoint and status. The status is "aborted" if the client closed the connection.',
    labels: { endpoint: 'open', status: 'open' },
  },
  request_duration_seconds: {
    help: 'Time from the arrival of a request to the end of its response.',
    labels: { endpoint: 'open', status: 'open' },
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  source_failures: { help: 'Questions that a source failed to answer.', labels: { source: 'source' } },
  source_invalid_answers: {
    help: 'Values that a source returned and that Islet cannot use.',
    labels: { source: 'source' },
  },
  mirror_fallbacks: {
    help: 'Lookups answered from the mirror because the directory did not answer.',
    labels: { source: 'mirror' },
  },
  syncs: {
    help: 'Syncs of a mirror: applied, or refused because they failed or looked wrong.',
    labels: { source: 'mirror', result: ['applied', 'refused'] },
  },
  ldap_failures: { help: 'Failed operations on a directory.', labels: { source: 'ldap' } },
  bindings_suspended: {
    help: 'Bindings suspended because their user left the directory.',
    labels: { source: 'mirror' },
  },
  bindings_resumed: {
    help: 'Bindings resumed because their user returned to the directory.',
    labels: { source: 'mirror' },
  },
  account_checks: {
    help: 'Questions to homeservers whether a user has an account. "unclear": the homeserver did not say.',
    labels: { result: ['account', 'no_account', 'unclear'] },
  },
  people_searches: {
    help: 'Searches for people by name, by what Islet added to the answer of the homeserver.',
    labels: { result: ['found', 'nobody', 'too_short', 'foreign_homeserver', 'limit_exceeded'] },
  },
  upstream_failures: { help: 'Failed requests to an upstream.', labels: { source: 'upstream' } },
  upstream_circuit_opened: {
    help: 'Times that Islet stopped asking an upstream because it failed or asked for fewer requests.',
    labels: { source: 'upstream' },
  },
  upstream_circuit_closed: {
    help: 'Times that an upstream answered again after its circuit was open.',
    labels: { source: 'upstream' },
  },
  upstream_answers_rejected: {
    help: 'Answers of an upstream that named a user it may not name.',
    labels: { source: 'upstream' },
  },
  followed_pepper_failures: {
    help: 'Failed attempts to read the pepper of the followed upstream.',
    labels: { source: 'followedUpstream' },
  },
  followed_pepper_changes: {
    help: 'Changes of the pepper of the followed upstream.',
    labels: { source: 'followedUpstream' },
  },
  text_messages: {
    help: 'Text messages given to a gateway, by outcome.',
    labels: { outcome: ['accepted', 'failed'] },
  },
  jobs: {
    help: 'Attempts at queued jobs. "failed": the job is given up; "retried": it will be tried again.',
    labels: { kind: 'job', result: ['done', 'retried', 'failed'] },
  },
  schedule_failures: { help: 'Failed runs of scheduled work.', labels: { name: 'open' } },
} as const satisfies Readonly<Record<string, Metric>>;

export const fullName = (name: string, { buckets }: Metric): string => `islet_${name}${buckets ? '' : '_total'}`;

/** The registered metrics. Those with known label values start at 0, so that the first event is an increase. */
export class Metrics {
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, Histogram>();

  constructor(registry: Registry) {
    for (const [name, metric] of declared) {
      const { help, labels, buckets } = metric;
      const options = { name: fullName(name, metric), help, labelNames: Object.keys(labels), registers: [registry] };
      if (buckets) this.histograms.set(name, new Histogram({ ...options, buckets: [...buckets] }));
      else this.counters.set(name, new Counter(options));
    }
    this.startAtZero({});
  }

  /** Initializes the counters with these label values to 0. */
  startAtZero(known: Partial<KnownValues>): void {
    for (const [name, { labels }] of declared) {
      for (const combination of combinations(labels, known)) this.counters.get(name)?.inc(combination, 0);
    }
  }

  /** @throws for a counter or labels that are not declared */
  count(name: string, labels: Readonly<Record<string, string>>): void {
    const counter = this.counters.get(name);
    if (!counter) throw new Error(`no counter is called ${name}`);
    counter.inc(labels);
  }

  /** @throws for a histogram or labels that are not declared */
  observe(name: string, value: number, labels: Readonly<Record<string, string>>): void {
    const histogram = this.histograms.get(name);
    if (!histogram) throw new Error(`no histogram is called ${name}`);
    histogram.observe(labels, value);
  }
}

const declared: readonly (readonly [name: string, metric: Metric])[] = Object.entries(metrics);

/** All combinations of known label values; one empty combination if there are no labels. */
function combinations(labels: Metric['labels'], known: Partial<KnownValues>): readonly Record<string, string>[] {
  return Object.entries(labels).reduce<readonly Record<string, string>[]>(
    (sets, [label, values]) => {
      const all = typeof values !== 'string' ? values : values === 'open' ? [] : (known[values] ?? []);
      return sets.flatMap((set) => all.map((value) => ({ ...set, [label]: value })));
    },
    [{}],
  );
}
