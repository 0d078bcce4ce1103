import type { BindAccount } from '../connection/bind-account.js';
import type { ServerFailover } from '../connection/server-failover.js';
import type { LdapOptions } from '../options.js';
import type { ListingEvents, RawPage } from './full-listing.js';
import { listInThread } from './listing-thread.js';

/** Time limit for checking the password. */
const PROOF_MS = 20_000;

/**
 * Lists in a separate thread, after checking that the password is still accepted: the thread only counts its own refusals.
 *
 * @throws DirectoryUnreachableError if no server accepts the password, and the errors of the listing
 */
export async function* listProven(
  options: LdapOptions,
  account: BindAccount | undefined,
  servers: ServerFailover,
  warnings: ListingEvents,
  signal: AbortSignal,
): AsyncGenerator<RawPage> {
  if (account) (await servers.open(PROOF_MS, true)).close();
  const { failing } = servers;
  const password = account && { password: account.current.value, passwordFrom: account.current.from };
  const refused = (cause: Error) => account?.recordRefusal(cause);
  yield* listInThread({ ...options, ...password, failing }, servers.reports, warnings, signal, refused);
}
