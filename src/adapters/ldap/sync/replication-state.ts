import type { Connection, Limits } from '../connection/connection.js';
import { readEntry } from './read-entry.js';

/**
 * The newest change that an OpenLDAP server has received from each provider, by database and provider. A lagging
 * replica receives changes with timestamps in the past. RFC 4533; the values sort as text.
 */
export type ReplicationState = Readonly<Record<string, string>>;

/** `20261129043600.123456Z#000000#001#000000`: the time, and the provider. */
const CSN = /^(\d{14}\.\d{6}Z#[0-9a-f]+)#([0-9a-f]+)#[0-9a-f]+$/i;

/**
 * `undefined` if the database of a base does not publish its state.
 *
 * @param contexts names of the databases, as returned by the server
 */
export async function replicationState(
  connection: Connection,
  contexts: readonly string[],
  bases: readonly string[],
  limits: Limits,
): Promise<ReplicationState | undefined> {
  const state: Record<string, string> = {};
  for (const base of bases) {
    const own = contexts.filter((context) => isBelow(base, context) || isBelow(context, base));
    let isKnown = false;
    for (const context of own) {
      const values = (await readEntry(connection, context, ['contextCSN'], limits))?.get('contextcsn') ?? [];
      for (const value of values) {
        const [, change, provider] = CSN.exec(value) ?? [];
        if (change === undefined || provider === undefined) continue;
        state[`${plain(context)} ${provider}`] = change;
        isKnown = true;
      }
    }
    if (!isKnown) return undefined;
  }
  return state;
}

/** The changes that are contained in all of the states. */
export function commonState(states: readonly (ReplicationState | undefined)[]): ReplicationState | undefined {
  const common: Record<string, string> = {};
  for (const state of states) {
    if (!state) return undefined;
    for (const [key, change] of Object.entries(state))
      if (common[key] === undefined || change < common[key]) common[key] = change;
  }
  return common;
}

/**
 * The time (generalized) from which on a server has changes that were not read before. `behind` if it lacks changes
 * that were read before; `undefined` if this cannot be determined.
 *
 * @param otherwise the time to return if it has no new changes
 */
export function newSince(
  before: ReplicationState,
  now: ReplicationState,
  otherwise: string,
): { readonly time: string } | 'behind' | undefined {
  const keys = Object.keys(before);
  if (!keys.some((key) => key in now)) return undefined;
  if (keys.some((key) => (now[key] ?? '') < (before[key] ?? ''))) return 'behind';
  let since = otherwise;
  for (const [key, change] of Object.entries(now)) {
    const known = before[key];
    if (known === undefined) return undefined;
    const time = `${known.slice(0, 14)}Z`;
    if (change > known && time < since) since = time;
  }
  return { time: since };
}

const plain = (dn: string): string => dn.toLowerCase().replace(/\s*([,=])\s*/g, '$1');

function isBelow(dn: string, upper: string): boolean {
  const [lower, context] = [plain(dn), plain(upper)];
  return context === '' || lower === context || lower.endsWith(`,${context}`);
}
