import { randomInt } from 'node:crypto';
import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';

/** The same as `resolveSrv` of `node:dns/promises`. */
export type ResolveSrv = (name: string) => Promise<readonly SrvRecord[]>;

export interface Target {
  readonly host: string;
  readonly port: number;
}

const LIMIT_MS = 2_000;
/** Of more published targets, only this number is tried. */
const MOST_TARGETS = 4;

/** Uses the name servers of the system. */
export const resolveSrv: ResolveSrv = async (name) => {
  const resolver = new Resolver();
  const limit = setTimeout(() => resolver.cancel(), LIMIT_MS);
  try {
    return await resolver.resolveSrv(name);
  } finally {
    clearTimeout(limit);
  }
};

/**
 * The targets of the first of these services that exists, in the order to try them: by priority, and randomly by weight
 * within a priority. Empty if the service is declared unavailable (`.`); `undefined` if none exists. Failing name
 * servers are treated as if there were no record. RFC 2782.
 */
export async function findService(
  names: readonly string[],
  resolve: ResolveSrv,
): Promise<{ readonly name: string; readonly targets: readonly Target[] } | undefined> {
  const answers = await Promise.all(names.map((name) => resolve(name).catch(() => [])));
  const found = answers.findIndex((records) => records.length > 0);
  const name = names[found];
  if (name === undefined) return undefined;
  const targets = inOrder(answers[found] ?? [])
    .map(({ name: host, port }) => ({ host: host.replace(/\.$/, ''), port }))
    .filter(({ host }) => host !== '');
  return { name, targets: targets.slice(0, MOST_TARGETS) };
}

function inOrder(records: readonly SrvRecord[]): SrvRecord[] {
  const left = records.toSorted((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (left[0]) {
    const { priority } = left[0];
    const equals = left.filter((record) => record.priority === priority);
    const total = equals.reduce((sum, { weight }) => sum + weight, 0);
    let drawn = randomInt(total + 1);
    const chosen = equals.find(({ weight }) => (drawn -= weight) <= 0) ?? left[0];
    left.splice(left.indexOf(chosen), 1);
    ordered.push(chosen);
  }
  return ordered;
}
