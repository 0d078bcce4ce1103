/**
 * Label values that depend on the code and the configuration: source names by kind, and names of endpoints, jobs,
 * limits and gateways.
 */
export interface KnownValues {
  readonly endpoint: readonly string[];
  /** Those of the public listener. */
  readonly publicEndpoint: readonly string[];
  readonly source: readonly string[];
  readonly mirror: readonly string[];
  readonly ldap: readonly string[];
  readonly upstream: readonly string[];
  readonly followedUpstream: readonly string[];
  readonly job: readonly string[];
  readonly limit: readonly string[];
  readonly gateway: readonly string[];
  readonly schedule: readonly string[];
}

/** The values of a label: a list, or a key of `KnownValues`. A requester can never choose one. */
type Values = readonly string[] | keyof KnownValues;

export interface Metric {
  readonly help: string;
  /** Values by label name. */
  readonly labels: Readonly<Record<string, Values>>;
  /** Upper bounds in seconds: the metric is a histogram. */
  readonly buckets?: readonly number[];
  /** Whether it is a value at the time of the request, not a counter. */
  readonly isGauge?: true;
}

const TIMED_STATUSES = ['2xx', '4xx', '5xx', 'aborted'] as const;
const STATUSES = ['2xx', '3xx', '4xx', '5xx', 'aborted'] as const;

/** All metrics of Islet by the name used in `Telemetry`; docs/reference/metrics.md is generated from this. */
export const metrics = {
  build_info: {
    help: 'Always 1. The labels name the version of Islet and of Node.js.',
    labels: { version: [], node: [] },
    isGauge: true,
  },
  requests: {
    help: 'HTTP requests by endpoint and class of status. The status is "aborted" if the client closed the connection.',
    labels: { endpoint: 'endpoint', status: STATUSES },
  },
  request_duration_seconds: {
    help: 'Time from the arrival of a request on the public listener to the end of its response. Redirects (3xx) appear with the first one.',
    labels: { endpoint: 'publicEndpoint', status: TIMED_STATUSES },
    // Each bucket is a series for every endpoint and status.
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
  },
  limits_reached: {
    help: 'Requests refused with status 429, by the limit of the configuration that was reached.',
    labels: { limit: 'limit' },
  },
  lookups: {
    help: 'Addresses that clients looked up, by the source that was asked, how it answered (by hash, live, or from its mirror because it failed), and with what result.',
    labels: {
      source: 'source',
      way: ['hash', 'live', 'mirror'],
      outcome: ['found', 'nobody', 'ambiguous', 'failed'],
    },
  },
  source_failures: { help: 'Lookups that a source failed to answer.', labels: { source: 'source' } },
  source_invalid_answers: {
    help: 'Values that a source returned and that Islet cannot use.',
    labels: { source: 'source' },
  },
  mirror_fallbacks: {
    help: 'Lookups answered from the mirror because the directory did not answer.',
    labels: { source: 'mirror' },
  },
  mirror_entries: { help: 'Entries in a mirror.', labels: { source: 'mirror' }, isGauge: true },
  mirror_addresses: {
    help: 'Addresses that a mirror answers by hash, in memory.',
    labels: { source: 'mirror' },
    isGauge: true,
  },
  mirror_left_out: {
    help: 'Entries of a mirror that are left out, or partly: no_user: no user ID can be made; unlisted: they must not be found; values: some of their values cannot be used. `islet sync` names them.',
    labels: { source: 'mirror', reason: ['no_user', 'unlisted', 'values'] },
    isGauge: true,
  },
  mirror_sync_age_seconds: {
    help: 'Time since the last full sync that was applied. Absent before the first one.',
    labels: { source: 'mirror' },
    isGauge: true,
  },
  mirror_sync_failing: {
    help: '1 if the newest sync was not applied, otherwise 0.',
    labels: { source: 'mirror' },
    isGauge: true,
  },
  syncs: {
    help: 'Syncs of a mirror: applied, refused because the listing looked wrong, or failed because the directory could not be read.',
    labels: { source: 'mirror', result: ['applied', 'refused', 'failed'] },
  },
  sync_changes: {
    help: 'Entries that applied syncs added to a mirror, changed, or removed. `islet audit` names those who were removed.',
    labels: { source: 'mirror', change: ['added', 'changed', 'removed'] },
  },
  sync_duration_seconds: {
    help: 'Time from the start of a sync to its end.',
    labels: { source: 'mirror' },
    buckets: [0.1, 1, 5, 15, 60, 300, 1800],
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
    help: 'Requests to homeservers that show whether a user has an account. "unclear": the homeserver did not say.',
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
  pepper_age_seconds: { help: 'Time since the current pepper was announced.', labels: {}, isGauge: true },
  peppers_accepted: { help: 'Peppers under which hashes are answered now.', labels: {}, isGauge: true },
  followed_pepper_failing: {
    help: '1 if the pepper of the followed upstream cannot be read, otherwise 0.',
    labels: { source: 'followedUpstream' },
    isGauge: true,
  },
  followed_pepper_failures: {
    help: 'Failed attempts to read the pepper of the followed upstream.',
    labels: { source: 'followedUpstream' },
  },
  followed_pepper_changes: {
    help: 'Changes of the pepper of the followed upstream.',
    labels: { source: 'followedUpstream' },
  },
  mails: {
    help: 'Mails given to the mail server: accepted, refused by it, or failed because it could not be reached.',
    labels: { kind: ['validation', 'invite'], outcome: ['accepted', 'refused', 'failed'] },
  },
  validations: {
    help: 'Addresses that were validated: their owners have received a message and entered its code, or followed its link.',
    labels: { medium: ['email', 'msisdn'] },
  },
  text_messages: {
    help: 'Text messages given to a gateway, by outcome.',
    labels: { gateway: 'gateway', outcome: ['accepted', 'failed'] },
  },
  jobs: {
    help: 'Attempts at queued jobs. "failed": the job is given up; "retried": it will be tried again.',
    labels: { kind: 'job', result: ['done', 'retried', 'failed'] },
  },
  jobs_waiting: { help: 'Jobs in the queue, also those that run now.', labels: { kind: 'job' }, isGauge: true },
  jobs_retrying: { help: 'Jobs in the queue that failed before.', labels: { kind: 'job' }, isGauge: true },
  jobs_oldest_seconds: {
    help: 'Age of the oldest job in the queue; 0 if there is none.',
    labels: { kind: 'job' },
    isGauge: true,
  },
  data_removed: {
    help: 'Rows removed after their retention time (`retention` in the configuration).',
    labels: { kind: ['invites', 'former_users', 'bindings', 'terms'] },
  },
  schedule_failures: { help: 'Failed runs of scheduled work.', labels: { name: 'schedule' } },
  sessions: { help: 'Stored validation sessions, counted at most a minute ago.', labels: {}, isGauge: true },
  access_tokens: { help: 'Stored access tokens, counted at most a minute ago.', labels: {}, isGauge: true },
  bindings: {
    help: 'Stored bindings, counted at most a minute ago.',
    labels: { state: ['active', 'suspended'] },
    isGauge: true,
  },
  invites_waiting: {
    help: 'Invitations that are not delivered yet, counted at most a minute ago.',
    labels: {},
    isGauge: true,
  },
  database_available: { help: '1 if the database answers and can be written, otherwise 0.', labels: {}, isGauge: true },
  database_check_seconds: {
    help: 'Time of a write and a read in the database, tried every two seconds.',
    labels: {},
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2, 4],
  },
} as const satisfies Readonly<Record<string, Metric>>;

export const declaredMetrics: readonly (readonly [name: string, metric: Metric])[] = Object.entries(metrics);

export const typeOf = ({ buckets, isGauge }: Metric): 'counter' | 'gauge' | 'histogram' =>
  buckets ? 'histogram' : isGauge ? 'gauge' : 'counter';

export const fullName = (name: string, metric: Metric): string =>
  `islet_${name}${typeOf(metric) === 'counter' ? '_total' : ''}`;

/** All combinations of known label values; one empty combination if there are no labels. */
export function combinations(labels: Metric['labels'], known: Partial<KnownValues>): readonly Record<string, string>[] {
  return Object.entries(labels).reduce<readonly Record<string, string>[]>(
    (sets, [label, values]) => {
      const all = typeof values === 'string' ? (known[values] ?? []) : values;
      return sets.flatMap((set) => all.map((value) => ({ ...set, [label]: value })));
    },
    [{}],
  );
}
