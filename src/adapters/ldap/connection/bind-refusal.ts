import { type BindAccount, type BindPassword, BindPausedError } from './bind-account.js';
import { isResult, LdapError, serverMessage } from './ldap-error.js';

/** Opens a connection, and once more if the password has become another one since it was refused. */
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

/** Binds when it is the turn of this server, or anonymously. @throws LdapError if the password may not be tried now */
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

/** @throws LdapError if the password may not be tried now */
export function refusePaused(url: string, account: BindAccount | undefined): void {
  const pause = account?.pause;
  if (!account || pause === undefined) return;
  const refusal = account.refusedWith;
  const reason = refusal === undefined ? '' : `: ${serverMessage(refusal)}`;
  throw new LdapError(url, `${refusalOf(account.dn, account.current.from)}${reason}; ${pause}`, { cause: refusal });
}

/** What is wrong with a bind. @param words what the network says */
export const bindFailure =
  (dn: string, { from }: BindPassword, words: (cause: Error) => string) =>
  (cause: Error): string =>
    // Where the server is silent, nothing is wrong with the password.
    isResult(cause) ? `${refusalOf(dn, from)}: ${serverMessage(cause)}` : `bind failed: ${words(cause)}`;

const refusalOf = (dn: string, from: string | undefined): string =>
  dn === ''
    ? 'anonymous bind refused'
    : `bind refused for ${dn}${from === undefined ? '' : ` (password from ${from})`}`;
