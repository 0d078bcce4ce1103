import type { AccountCheck } from '../../domain/account-checks/account-check.js';
import { isAmbiguous } from '../../domain/associations/association.js';
import type { Explanation } from '../../domain/lookup/explanation.js';
import type { PepperFollowStatus } from '../../domain/peppers/pepper-service.js';
import { homeserverOf } from '../../domain/identifiers/mxid.js';
import type { SourceTrace } from '../../ports/threepid-source.js';
import type { TerminalStyle } from './terminal-style.js';
import type { TimedExplanation } from '../../domain/lookup/explanation.js';

/** Explains source by source which one answers for an address and why, for an administrator. */
export function explanationText(
  { threepid, sources: configuredSources, mxid, at }: TimedExplanation,
  style: TerminalStyle,
): string {
  const deciding = configuredSources.find(({ decides }) => decides);
  const verdict = mxid ? style.good(mxid) : style.bad(`nobody: ${nobodyText(configuredSources)}`);
  const shown = threepid.medium === 'msisdn' ? `+${threepid.address}` : threepid.address;
  const width = Math.max(...configuredSources.map(({ source }) => source.length));
  const lines = [`${style.bold(shown)} (${threepid.medium}) is ${verdict}`, ''];
  let isDecided = false;
  for (const [number, asked] of configuredSources.entries()) {
    const head = `  ${number + 1}  ${style.bold(asked.source.padEnd(width))}  `;
    lines.push(head + (isDecided ? style.dim(`not asked: ${deciding?.source} decides`) : outcomeText(asked, style)));
    for (const trace of asked.traces) {
      lines.push(style.dim(`     ${' '.repeat(width)}  ${traceText(trace, at)}`));
      if (trace.suspended) lines.push(style.bad(`     ${' '.repeat(width)}    ${suspendedText(trace.suspended)}`));
      const notes = trace.account ? [...trace.notes, accountText(trace.account, at)] : trace.notes;
      for (const note of notes) lines.push(style.dim(`     ${' '.repeat(width)}    ${note}`));
    }
    if (asked.following) lines.push(style.dim(`     ${' '.repeat(width)}  ${followingText(asked.following, at)}`));
    if (asked.accountUnverified) lines.push(style.dim(`     ${' '.repeat(width)}  directory only; no account seen`));
    isDecided ||= asked.decides;
  }
  return lines.join('\n');
}

function nobodyText(configuredSources: Explanation['sources']): string {
  const deciding =
    configuredSources.find(({ decides }) => decides) ?? configuredSources.find(({ outcome }) => outcome === 'absent');
  if (!deciding) {
    const failed = configuredSources.filter(({ outcome }) => outcome === 'failed').map(({ source }) => source);
    const known = configuredSources.some(isSuspended)
      ? 'the user with this address has left the directory'
      : 'no source knows it';
    return failed.length === 0 ? known : `${known}, but ${failed.join(' and ')} did not answer`;
  }
  return deciding.outcome === 'absent' ? 'the user has no account' : 'it is ambiguous';
}

const isSuspended = ({ traces }: Explanation['sources'][number]): boolean =>
  traces.some(({ suspended }) => suspended !== undefined);

function accountText({ mxid, exists, answeredAt }: AccountCheck, at: number): string {
  const homeserver = homeserverOf(mxid);
  if (exists === undefined) return `not known yet whether ${homeserver} has this account, so the user is returned`;
  const when = `as of ${ago(at - (answeredAt ?? at))} ago`;
  return exists
    ? `account seen at ${homeserver}, ${when}`
    : `no account at ${homeserver}, ${when}, so the user is not returned`;
}

function outcomeText({ outcome, decides, traces }: Explanation['sources'][number], style: TerminalStyle): string {
  const usedTrace = traces.find(({ failure }) => failure === undefined);
  switch (outcome) {
    case 'answered':
      return `${style.good(findingText(usedTrace))}${decides ? ', which decides' : ''}`;
    case 'ambiguous':
      return style.bad(`${findingText(usedTrace)}: nobody is returned and no later source is asked`);
    case 'absent':
      return (
        style.bad(`${findingText(usedTrace)} has no account yet and is not returned`) +
        (decides ? '; no later source is asked' : '')
      );
    case 'failed':
      return style.bad('did not answer and is skipped');
    case 'unknown':
      return traces.some(({ suspended }) => suspended) ? 'does not answer' : 'does not know it';
  }
}

function followingText({ isTheirs, isPepperLeader, announcedFrom, failure }: PepperFollowStatus, at: number): string {
  const age = announcedFrom === undefined ? undefined : ago(at - announcedFrom);
  if (isPepperLeader) return `its pepper is used, and it uses the pepper of Islet, announced for ${age}`;
  if (isTheirs) return `its pepper is used: hashes are forwarded to it, pepper announced for ${age}`;
  const inForce = age === undefined ? '' : `; the announced pepper is ${age} old`;
  return failure === undefined
    ? `its pepper is used, but not announced yet${inForce}`
    : `its pepper is to be used, but is not known: ${failure}${inForce}`;
}

const suspendedText = ({ mxid, since, source }: NonNullable<SourceTrace['suspended']>): string =>
  `suspended since ${new Date(since).toISOString()}: the directory ${source} no longer contains ${mxid}`;

function traceText(trace: SourceTrace, at: number): string {
  const { via, failure, asOf, tookMs } = trace;
  const isFresh = asOf === undefined || via === 'live';
  const when = isFresh ? `in ${Math.round(tookMs)} ms` : `as of ${ago(at - asOf)} ago`;
  return `${via}, ${failure === undefined ? `${when}: ${findingText(trace)}` : `no answer: ${failure}`}`;
}

function findingText(trace: SourceTrace | undefined): string {
  const finding = trace?.finding;
  if (!finding) return 'unknown';
  return isAmbiguous(finding) ? `ambiguous: ${finding.claimants.join(' and ') || 'several people'}` : finding.mxid;
}

/** A readable duration: `40 s`, `5 min`, `3 h`, `2 days`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
