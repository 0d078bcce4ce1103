import { type BindAccount, type BindPassword, BindPausedError } from './bind-account.js';
import { isResult, LdapError, serverMessage } from './ldap-error.js';

/** Opens a connection. If the password is refused and has changed meanwhile, tries once more. */
export async function withNewestPassword<T>(account: BindAccount | undefined, open: () => Promise<T>): Promise<T> {
  const tried = account?.current.value;
  try {
    return await open();
  } catch (error) {
    account?.refresh();
    if (account === undefined || account.current.value === tried) throw error;
    return open();
  }
}

/** Binds with the account under its attempt limits, or anonymously. @throws LdapError if no attempt is allowed now */
export async function bindInTurn(
  connection: { readonly url: string; close(): void },
  account: BindAccount | undefined,
  attempt: (dn: string, password: BindPassword) => Promise<void>,
): Promise<void> {
  if (!account) return attempt('', { value: '' });
  try {
    await account.use((password) => attempt(account.dn, password));
  } catch (error) {
    connection.close();
    if (error instanceof BindPausedError) refusePaused(connection.url, account);
    throw error;
  }
}

/** @throws LdapError if no attempt with the password is allowed now */
export function refusePaused(url: string, account: BindAccount | undefined): void {
  const pause = account?.pause;
  if (!account || pause === undefined) return;
  const refusal = account.refusedWith;
  const reason = refusal === undefined ? '' : `: ${serverMessage(refusal)}`;
  throw new LdapError(url, `${refusalOf(account.dn, account.current.from)}${reason}; ${pause}`, { cause: refusal });
}

/** Describes a failed bind. @param words describes a network error */
export const bindFailure =
  (dn: string, { from }: BindPassword, words: (cause: Error) => string) =>
  (cause: Error): string =>
    // If the server did not respond, the password is not the problem.
    isResult(cause) ? `${refusalOf(dn, from)}: ${serverMessage(cause)}` : `bind failed: ${words(cause)}`;

const refusalOf = (dn: string, from: string | undefined): string =>
  dn === ''
    ? 'anonymous bind refused'
    : `bind refused for ${dn}${from === undefined ? '' : ` (password from ${from})`}`;
