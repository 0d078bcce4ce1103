import { startWaiting } from '../shared/waiting-time.js';
import type { ConnectionSecurity } from './connection/connection-security.js';
import { Connection } from './connection/connection.js';
import { emptinessOf } from './sync/full-listing.js';
import type { LdapOptions } from './options.js';
import { LdapError } from './connection/ldap-error.js';
import { attributesOf } from './protocol/raw-entry.js';
import type { Rules } from './mapping/mapping-rules.js';

const OPEN_MS = 10_000;
const LIMITS = { totalMs: 10_000, stallMs: 10_000 };

/** The result of one check. */
export interface Checked {
  /** A URL, or a base on the server of that URL. */
  readonly endpoint: string;
  readonly ok: boolean;
  /** Description of the problem; `undefined` if there is none. */
  readonly problem: string | undefined;
  /** How long it took. */
  readonly tookMs?: number | undefined;
}

/** How a directory is reached, and whether the file of the password contains the password in use. */
export const loginOf = ({ urls, bindDn }: Pick<LdapOptions, 'urls' | 'bindDn'>, access: ConnectionSecurity) => ({
  urls,
  bindDn: bindDn ?? null,
  isCurrent: access.bind?.isCurrent ?? true,
});

/** Checks each server separately: connection, encryption, bind, and a search below each base. */
export async function check(
  urls: readonly string[],
  access: ConnectionSecurity,
  bases: readonly string[],
  rules: Rules,
): Promise<readonly Checked[]> {
  const perServer = await Promise.all(
    urls.map(async (url) => {
      const bound = await attempt(url, async () => (await Connection.open(url, access, OPEN_MS)).close());
      if (!bound.ok) return [bound];
      return [bound, ...(await Promise.all(bases.map((base) => checkBase(url, access, base, rules))))];
    }),
  );
  return perServer.flat();
}

/**
 * Counts the object classes (except `top`) of the first entries below a base that match the filter, most frequent
 * first.
 */
export async function classesBelow(
  url: string,
  access: ConnectionSecurity,
  base: string,
  rules: Rules,
  most: number,
): Promise<ReadonlyMap<string, number>> {
  const connection = await Connection.open(url, access, OPEN_MS);
  try {
    const question = {
      base,
      filter: rules.filter,
      attributes: ['objectClass'],
      id: [],
      followsAliases: rules.followsAliases,
      most,
    };
    const { entries } = await connection.search(question, LIMITS);
    const counts = new Map<string, number>();
    for (const { values } of entries.flatMap(attributesOf)) {
      for (const name of values) if (name !== 'top') counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return new Map([...counts].sort(([, a], [, b]) => b - a));
  } finally {
    connection.close();
  }
}

const checkBase = (url: string, access: ConnectionSecurity, base: string, rules: Rules): Promise<Checked> =>
  attempt(`${url} ${base}`, async () => {
    const connection = await Connection.open(url, access, OPEN_MS);
    try {
      const { filter, followsAliases } = rules;
      const question = { base, filter, attributes: ['1.1'], id: [], followsAliases, most: 1 };
      const { entries } = await connection.search(question, LIMITS);
      return entries.length === 0 ? await emptinessOf(connection, base, LIMITS) : undefined;
    } finally {
      connection.close();
    }
  });

async function attempt(endpoint: string, action: () => Promise<string | void>): Promise<Checked> {
  const waited = startWaiting();
  const tookMs = () => Math.round(waited());
  try {
    const problem = (await action()) || undefined;
    return { endpoint, ok: problem === undefined, problem, tookMs: tookMs() };
  } catch (error) {
    return {
      endpoint,
      ok: false,
      tookMs: tookMs(),
      problem: error instanceof LdapError ? error.problem : String(error),
    };
  }
}
