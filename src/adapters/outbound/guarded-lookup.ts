import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { AddressGuard } from './address-guard.js';
import { resolveName, type ResolveOptions } from './resolve-name.js';

/** Resolves names from untrusted clients. Fails if any of the addresses is forbidden. */
export const guardedLookup =
  (guard: AddressGuard, among: Omit<ResolveOptions, 'family'> = {}): LookupFunction =>
  (name, options, done) => {
    const answer = async (): Promise<readonly [LookupAddress, ...LookupAddress[]]> => {
      const family = options.family === 'IPv6' ? 6 : options.family === 'IPv4' ? 4 : (options.family ?? 0);
      const [first, ...others] = await resolveName(name, { ...among, family });
      if (!first) throw Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
      const forbidden = [first, ...others].find(({ address }) => guard.isForbidden(address));
      if (forbidden) throw forbiddenAddress(forbidden.address);
      return [first, ...others];
    };
    answer().then(
      (addresses) => (options.all ? done(null, [...addresses]) : done(null, addresses[0].address, addresses[0].family)),
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };

export const forbiddenAddress = (address: string): Error =>
  Object.assign(new Error(`${address} is not a public address`), { code: 'EFORBIDDEN' });
