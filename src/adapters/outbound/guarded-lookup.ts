import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import type { AddressGuard } from './address-guard.js';

/** Resolves names that strangers chose, and refuses one of which any address is forbidden. */
export const guardedLookup =
  (guard: AddressGuard): LookupFunction =>
  (name, options, done) => {
    const answer = async () => {
      const addresses = await inTurn(() => lookup(name, { ...options, all: true }));
      const forbidden = addresses.find(({ address }) => guard.isForbidden(address));
      if (forbidden) throw forbiddenAddress(forbidden.address);
      const [first] = addresses;
      if (!first) throw Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
      return { addresses, first };
    };
    answer().then(
      ({ addresses, first }) => (options.all ? done(null, addresses) : done(null, first.address, first.family)),
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };

export const forbiddenAddress = (address: string): Error =>
  Object.assign(new Error(`${address} is not a public address`), { code: 'EFORBIDDEN' });

const LONGEST_WAIT_MS = 10_000;

let last: Promise<unknown> = Promise.resolve();

/**
 * The system's resolver serves two names at a time for the whole process. Names of strangers get one
 * of its places, so that name servers that never answer cannot keep the directory or the database
 * from being found.
 */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const askedAt = performance.now();
  const turn = last.then(() => {
    if (performance.now() - askedAt < LONGEST_WAIT_MS) return work();
    throw Object.assign(new Error('too many names are waiting to be resolved'), { code: 'EAI_AGAIN' });
  });
  last = turn.catch(() => undefined);
  return turn;
}
