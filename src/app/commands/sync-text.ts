import type { Sample } from '../../domain/mirror/report-samples.js';
import type { SyncOutcome } from '../../domain/directory-sync/directory-sync-service.js';
import type { TerminalStyle } from './terminal-style.js';

/** The result of a sync, for an administrator. */
export function syncText(report: SyncOutcome, style: TerminalStyle): string {
  const { source, isApplied, isFull, refusal, bases, warnings, added, changed, removed, deprovisioning } = report;
  const { people, skipped, shared, tookMs } = report;
  const listed = Object.values(bases).reduce((sum, count) => sum + count, 0);
  const read = isFull ? `full sync of ${listed} entries` : `incremental sync of ${listed} entries`;
  const isRejected = refusal !== undefined && Object.keys(bases).length > 0;
  const verdict = isApplied
    ? style.good('applied')
    : refusal === undefined
      ? 'not applied: dry run'
      : style.bad(`not applied: ${refusal}`);
  return [
    `${style.bold(source)}: ${read} in ${(tookMs / 1000).toFixed(1)} s, ${verdict}`,
    ...(isRejected ? [`  if this is correct: islet sync ${source} --force`] : []),
    ...Object.entries(bases).map(([part, count]) => style.dim(`  ${count} in ${part}`)),
    ...warnings.filter((warning) => !refusal?.includes(warning)).map((warning) => style.bad(`  ${warning}`)),
    `  ${added.count} new, ${changed.count} changed, ${removed.count} gone`,
    ...lines('+', added, (label) => label),
    ...lines('~', changed, (label) => label),
    ...lines('-', removed, (label) => label),
    ...departureLines(deprovisioning),
    ...section(
      'user IDs derived',
      people,
      ({ mxid, threepids, label }) => `${mxid} with ${count(threepids, 'address', 'addresses')}: ${label}`,
    ),
    ...section('skipped completely or partly', skipped, ({ label, reasons }) => `${label}: ${reasons.join('; ')}`),
    ...section(
      style.bad('user IDs with two people; lookups return none of them'),
      shared,
      ({ mxid, labels }) => `${mxid}: ${labels.join(' and ')}`,
    ),
  ].join('\n');
}

function departureLines(departures: SyncOutcome['deprovisioning']): readonly string[] {
  const { suspended = 0, resumed = 0 } = departures ?? {};
  return [
    ...(suspended > 0 ? [`  ${count(suspended, 'binding', 'bindings')} suspended: their users left`] : []),
    ...(resumed > 0 ? [`  ${count(resumed, 'binding', 'bindings')} resumed: their users returned`] : []),
  ];
}

function section<T>(title: string, sample: Sample<T>, text: (item: T) => string): readonly string[] {
  return sample.count === 0 ? [] : [`  ${sample.count} ${title}`, ...lines(' ', sample, text)];
}

function lines<T>(mark: string, { count, shown }: Sample<T>, text: (item: T) => string): readonly string[] {
  const rest = count - shown.length;
  return [...shown.map((item) => `  ${mark} ${text(item)}`), ...(rest > 0 ? [`  ${mark} … and ${rest} more`] : [])];
}

const count = (number: number, singular: string, many: string) => `${number} ${number === 1 ? singular : many}`;
