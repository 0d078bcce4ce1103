import type { BindAccount } from '../connection/bind-account.js';
import type { ServerFailover } from '../connection/server-failover.js';
import type { LdapOptions } from '../options.js';
import type { ListingEvents, RawPage } from './full-listing.js';
import { listInThread } from './listing-thread.js';

/** How long it may take to see whether the password is good. */
const PROOF_MS = 20_000;

/**
 * Lists in a thread of its own, with a password that is known to be good: a thread counts no refusals but its own.
 *
 * @throws DirectoryUnreachableError if no server takes it, and what the listing throws
 */
export async function* listProven(
  options: LdapOptions,
  account: BindAccount | undefined,
  servers: ServerFailover,
  warnings: ListingEvents,
  signal: AbortSignal,
): AsyncGenerator<RawPage> {
  if (account && !account.isGood) (await servers.open(PROOF_MS, true)).close();
  const { failing } = servers;
  const password = account && { password: account.current.value, passwordFrom: account.current.from };
  const refused = (cause: Error) => account?.noteRefusal(cause);
  yield* listInThread({ ...options, ...password, failing }, servers.reports, warnings, signal, refused);
}
