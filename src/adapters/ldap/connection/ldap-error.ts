import { networkFailure, reasonOfCode } from '../../shared/network-errors.js';

/** Something is wrong with the directory: where, and what, in words for the administrator. */
export class LdapError extends Error {
  override readonly name = 'LdapError';

  /**
   * @param endpoint the URL, or the base, that fails
   * @param received entries that had come of an answer before it failed
   */
  constructor(
    readonly endpoint: string,
    readonly problem: string,
    options?: ErrorOptions,
    readonly received = 0,
  ) {
    super(`${endpoint}: ${problem}`, options);
  }
}

/** The LDAP result code, or the code of a failed system call. */
export const codeOf = (error: unknown): string | number | undefined =>
  (error as { readonly code?: string | number } | undefined)?.code;

/** Whether the server answered, even if with a no. */
export const isResult = (error: Error): boolean =>
  typeof codeOf(error) === 'number' && error.name !== 'ConnectionError';

/** Busy, unavailable. RFC 4511, appendix A.1. */
const PASSING = [51, 52];

/** Whether the server will say no to this question whenever it is asked: it costs too much, or may not be asked. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && isResult(error) && !PASSING.includes(Number(codeOf(error)));

/** Whether the server gave as many entries as were asked for, or as it gives at once. RFC 4511, appendix A.1. */
export const isEndOfSample = (error: unknown): boolean => codeOf(error) === 4;

/** It cannot now, or does not say why. */
const TROUBLE = [...PASSING, 80];

/** Whether it is this server that fails, so that another one of the directory may do better. */
export const isOwnTrouble = (error: Error): boolean => !isResult(error) || TROUBLE.includes(Number(codeOf(error)));

/** What the network, TLS or the directory server says, in words. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  if (error.name === 'ConnectionError') return LOST;
  if (typeof code === 'number') return resultMessage(error, code);
  const words = networkFailure(error)?.reason;
  const { reason } = error as { readonly reason?: string };
  if (words !== undefined) return reason === undefined ? words : `${words} (${reason.trim()})`;
  return error.message;
}

/** The same of a search below the root. */
export const rootWordsOf = (error: unknown): string =>
  codeOf(error) === NO_SUCH_OBJECT
    ? 'there is nothing to search (only the global catalog of Active Directory, on port 3268 or 3269, has it: name a base)'
    : messageOf(error);

const NO_SUCH_OBJECT = 32;

export const LOST = 'the connection was lost';

/** Result codes that want more than their name. RFC 4511, appendix A. */
const hints: Readonly<Record<number, string>> = {
  3: 'the server gives a search no more time',
  4: 'the server gives no more entries at once',
  8: 'the server wants an encrypted connection: ldaps:// or startTls',
  13: 'the server wants an encrypted connection: ldaps:// or startTls',
  10: 'another server is responsible',
  11: 'the search costs more than the server allows',
  32: 'it does not exist, or may not be seen',
  51: 'the server has too much to do',
  52: 'the server is shutting down or not ready',
};

/** What Active Directory adds to "invalid credentials". */
const logonHints: Readonly<Record<string, string>> = {
  '525': 'there is no such user',
  '52e': 'wrong password',
  '530': 'logon is not permitted at this time',
  '532': 'the password has expired',
  '533': 'the account is disabled',
  '701': 'the account has expired',
  '773': 'the password must be changed first',
  '775': 'the account is locked',
};

/**
 * Why nothing was ever answered on a connection.
 *
 * @param isEncrypted as we have it
 */
export function unansweredMessage(error: Error, isEncrypted: boolean): string {
  const words = messageOf(error);
  const isHungUp = words === LOST || words === reasonOfCode('ECONNRESET');
  if (!isHungUp) return words;
  return `${words} at once: ${isEncrypted ? 'is this a port for ldap:// and startTls' : 'is this a port for ldaps://'}?`;
}

const MOST_WORDS = 200;

/**
 * The same, with what the server itself says where we know no better. Only for questions in which
 * nobody's address stands: servers like to repeat them.
 */
export function serverMessage(error: Error): string {
  const known = messageOf(error);
  const words = error.message.replace(/\s+/g, ' ').trim().slice(0, MOST_WORDS);
  const isNews = isResult(error) && words !== '' && !known.endsWith(')') && !isNameOf(error, words);
  return isNews ? `${known} (${words})` : known;
}

/** Without words from the server the library gives the name of the result. */
const isNameOf = ({ name }: Error, words: string): boolean =>
  name.replace(/Error$/, '').toLowerCase() === words.replace(/ |Error$/g, '').toLowerCase();

/** The server says that it ends the connection. RFC 4511, 4.4.1. */
export const endedBy = (code: number | undefined, words: string): Error =>
  new Error(`the server ended the connection (${words.trim() || hints[code ?? -1] || `result code ${code}`})`);

function resultMessage(error: Error, code: number): string {
  const name = error.name
    .replace(/(?<=[a-z][A-Z][A-Za-z]*)Error$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
  const [, logon = ''] = /\bdata ([0-9a-f]{3}),/.exec(error.message) ?? [];
  const isUnbound = /successful bind must be completed|without authentication/i.test(error.message);
  const hint = isUnbound ? 'nobody is bound: bindDn is missing' : (hints[code] ?? logonHints[logon]);
  return hint === undefined ? name : `${name} (${hint})`;
}
