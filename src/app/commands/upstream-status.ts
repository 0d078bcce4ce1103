import { type AccountState, UpstreamAccount } from '../../adapters/upstream/upstream-account.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { UpstreamConfig } from '../config/config.js';
import { upstreamOptions } from '../wiring/open-sources.js';
import type { Output } from './operations.js';
import { policyText, shown } from './upstream-text.js';
import { printable, printableJson } from '../../domain/shared/printable.js';
import { errorText } from '../../domain/shared/error-text.js';

interface Status extends Partial<AccountState> {
  readonly name: string;
  readonly url: string;
  /** Whether it answers lookups with this configuration. */
  readonly isFine: boolean;
  readonly versions?: readonly string[];
  readonly tookMs?: number;
  /** Why it does not answer or does not accept the account. */
  readonly failure?: string;
  /** Without an account, API v1 is used. */
  readonly hasAccount: boolean;
}

/**
 * Shows the state of each upstream: whether it answers, its API versions, and the account there.
 *
 * @returns the exit code: 0 if all would answer lookups, 1 if not
 */
export async function upstreamStatus(
  sources: readonly UpstreamConfig[],
  http: HttpClient,
  { isJson, style, print }: Output,
): Promise<number> {
  const statuses = await Promise.all(sources.map((source) => statusOf(source, http)));
  if (isJson) print(printableJson(statuses));
  else if (statuses.length === 0) print('No upstream is configured.');
  else
    print(
      printable(statuses)
        .map((status) => statusText(status, { style }))
        .join('\n\n'),
    );
  return statuses.every(({ isFine }) => isFine) ? 0 : 1;
}

async function statusOf(source: UpstreamConfig, http: HttpClient): Promise<Status> {
  const { name, url } = source;
  const options = upstreamOptions(source);
  const hasAccount = options.accessToken !== undefined;
  const account = new UpstreamAccount(options, http);
  const startedAt = performance.now();
  try {
    const versions = await account.versions();
    const reached = { name, url, hasAccount, versions, tookMs: Math.round(performance.now() - startedAt) };
    if (!hasAccount) return { ...reached, isFine: true };
    return await account.state().then(
      (state) => ({ ...reached, ...state, isFine: state.outstanding.length === 0 }),
      (error: unknown) => ({ ...reached, isFine: false, failure: errorText(error) }),
    );
  } catch (error) {
    return { name, url, hasAccount, isFine: false, failure: errorText(error) };
  }
}

function statusText(status: Status, { style }: Pick<Output, 'style'>): string {
  const { name, url, versions, tookMs, hasAccount, user, outstanding, algorithms = [], failure } = status;
  const line = (key: string, value: string) => `  ${style.dim(key.padEnd(10))} ${value}`;
  const lines = [`${style.bold(name)}  ${url}`];
  if (!versions) return [...lines, line('reachable', style.bad(`no: ${failure}`))].join('\n');
  lines.push(line('reachable', style.good(`in ${tookMs} ms`)), line('versions', fewOf(versions).map(shown).join(', ')));
  if (!hasAccount) {
    lines.push(line('account', `none, so API version 1 is used: "islet upstream login ${name}" gets one`));
  } else if (failure !== undefined) {
    lines.push(line('account', style.bad(failure)));
  } else {
    const hasOutstandingTerms = (outstanding?.length ?? 0) > 0;
    lines.push(line('account', user === undefined ? 'accepted; the upstream does not return the user' : shown(user)));
    const remedy = `not accepted yet: run "islet upstream login ${name} --accept-terms"`;
    lines.push(line('terms', hasOutstandingTerms ? style.bad(remedy) : style.good('accepted, or none')));
    for (const policy of outstanding ?? []) lines.push(`  ${' '.repeat(10)} ${policyText(policy)}`);
    if (!hasOutstandingTerms) lines.push(line('lookups', algorithms.map(shown).join(', ')));
  }
  return lines.join('\n');
}

const fewOf = (versions: readonly string[]): readonly string[] =>
  versions.length > 4 ? [...versions.slice(0, 1), '…', ...versions.slice(-1)] : versions;
