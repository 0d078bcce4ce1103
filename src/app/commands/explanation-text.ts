import type { AccountCheck } from '../../domain/account-check.js';
import { isContested } from '../../domain/association.js';
import type { Explanation } from '../../domain/lookups.js';
import type { Following } from '../../domain/peppers.js';
import { homeserverOf } from '../../domain/mxid.js';
import type { Evidence } from '../../ports/threepid-source.js';
import type { Paint } from './paint.js';

/** How an explanation is sent by the admin listener: the same, and the time at which it was true. */
export interface TimedExplanation extends Explanation {
  /** ms since the epoch */
  readonly at: number;
}

/** Who answers for an address and why, stage by stage, for an administrator to read. */
export function explanationText({ threepid, stages, mxid, at }: TimedExplanation, paint: Paint): string {
  const deciding = stages.find(({ decides }) => decides);
  const verdict = mxid ? paint.good(mxid) : paint.bad(`nobody: ${whyNobody(stages)}`);
  const shown = threepid.medium === 'msisdn' ? `+${threepid.address}` : threepid.address;
  const width = Math.max(...stages.map(({ source }) => source.length));
  const lines = [`${paint.bold(shown)} (${threepid.medium}) is ${verdict}`, ''];
  let isDecided = false;
  for (const [number, stage] of stages.entries()) {
    const head = `  ${number + 1}  ${paint.bold(stage.source.padEnd(width))}  `;
    lines.push(head + (isDecided ? paint.dim(`not asked: ${deciding?.source} decides`) : outcomeText(stage, paint)));
    for (const evidence of stage.evidence) {
      lines.push(paint.dim(`     ${' '.repeat(width)}  ${evidenceText(evidence, at)}`));
      if (evidence.suspended)
        lines.push(paint.bad(`     ${' '.repeat(width)}    ${suspendedText(evidence.suspended)}`));
      const notes = evidence.account ? [...evidence.notes, accountText(evidence.account, at)] : evidence.notes;
      for (const note of notes) lines.push(paint.dim(`     ${' '.repeat(width)}    ${note}`));
    }
    if (stage.following) lines.push(paint.dim(`     ${' '.repeat(width)}  ${followingText(stage.following, at)}`));
    if (stage.isHearsay) lines.push(paint.dim(`     ${' '.repeat(width)}  directory only; no account seen`));
    isDecided ||= stage.decides;
  }
  return lines.join('\n');
}

function whyNobody(stages: Explanation['stages']): string {
  const deciding = stages.find(({ decides }) => decides) ?? stages.find(({ outcome }) => outcome === 'absent');
  if (!deciding) {
    const failed = stages.filter(({ outcome }) => outcome === 'failed').map(({ source }) => source);
    const known = stages.some(isSuspended) ? 'whoever bound it has left' : 'no source knows it';
    return failed.length === 0 ? known : `${known}, but ${failed.join(' and ')} gave no answer`;
  }
  return deciding.outcome === 'absent' ? 'whose it is has no account' : 'it is contested';
}

const isSuspended = ({ evidence }: Explanation['stages'][number]): boolean =>
  evidence.some(({ suspended }) => suspended !== undefined);

function accountText({ mxid, exists, answeredAt }: AccountCheck, at: number): string {
  const homeserver = homeserverOf(mxid);
  if (exists === undefined) return `not known yet whether ${homeserver} has this account, so answered`;
  const when = `as of ${ago(at - (answeredAt ?? at))} ago`;
  return exists ? `account seen at ${homeserver}, ${when}` : `no account at ${homeserver}, ${when}, so not answered`;
}

function outcomeText({ outcome, decides, evidence }: Explanation['stages'][number], paint: Paint): string {
  const counting = evidence.find(({ failure }) => failure === undefined);
  switch (outcome) {
    case 'answered':
      return `${paint.good(findingText(counting))}${decides ? ', which decides' : ''}`;
    case 'contested':
      return paint.bad(`${findingText(counting)}: nobody is answered and no later source is asked`);
    case 'absent':
      return (
        paint.bad(`${findingText(counting)} has no account yet and is not answered`) +
        (decides ? ', nor is any later source asked' : '')
      );
    case 'failed':
      return paint.bad('gave no answer and is passed over');
    case 'unknown':
      return evidence.some(({ suspended }) => suspended) ? 'does not answer' : 'does not know it';
  }
}

function followingText({ isTheirs, isLeading, announcedFrom, failure }: Following, at: number): string {
  const age = announcedFrom === undefined ? undefined : ago(at - announcedFrom);
  if (isLeading) return `followed, and it follows us: it takes over our pepper, announced for ${age}`;
  if (isTheirs) return `followed: hashes are forwarded under its pepper, announced as ours for ${age}`;
  const inForce = age === undefined ? '' : `; the one that is announced is ${age} old`;
  return failure === undefined
    ? `followed: its pepper is not announced yet${inForce}`
    : `followed, but its pepper is not known: ${failure}${inForce}`;
}

const suspendedText = ({ mxid, since, source }: NonNullable<Evidence['suspended']>): string =>
  `suspended since ${new Date(since).toISOString()}: the directory ${source} no longer knows its user ${mxid}`;

function evidenceText(evidence: Evidence, at: number): string {
  const { via, failure, asOf, tookMs } = evidence;
  const isFresh = asOf === undefined || via === 'live';
  const when = isFresh ? `in ${Math.round(tookMs)} ms` : `as of ${ago(at - asOf)} ago`;
  return `${via}, ${failure === undefined ? `${when}: ${findingText(evidence)}` : `no answer: ${failure}`}`;
}

function findingText(evidence: Evidence | undefined): string {
  const finding = evidence?.finding;
  if (!finding) return 'unknown';
  return isContested(finding) ? `contested by ${finding.contestedBy.join(' and ') || 'several people'}` : finding.mxid;
}

/** A span of time as people say it: `40 s`, `5 min`, `3 h`, `2 days`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
