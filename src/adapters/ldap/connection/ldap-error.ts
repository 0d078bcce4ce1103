import { networkFailure, reasonOfCode } from '../../shared/network-errors.js';

/** A problem with the directory: its location, and a message for the administrator. */
export class LdapError extends Error {
  override readonly name = 'LdapError';

  /**
   * @param endpoint the URL or base that failed
   * @param received entries received before the failure
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

/** Whether the server responded, even with an error. */
export const isResult = (error: Error): boolean =>
  typeof codeOf(error) === 'number' && error.name !== 'ConnectionError';

/** Busy, unavailable. RFC 4511, appendix A.1. */
const PASSING = [51, 52];

/** Whether the server will always refuse this request: it is too expensive, or not permitted. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && isResult(error) && !PASSING.includes(Number(codeOf(error)));

/** Whether the result was cut off by the size limit of the request or of the server. RFC 4511, appendix A.1. */
export const isEndOfSample = (error: unknown): boolean => codeOf(error) === 4;

/** The server cannot respond now, or gives no reason. */
const SERVER_PROBLEMS = [...PASSING, 80];

/** Whether this server failed, so that another server of the directory may succeed. */
export const isServerProblem = (error: Error): boolean =>
  !isResult(error) || SERVER_PROBLEMS.includes(Number(codeOf(error)));

/** A readable message for an error of the network, TLS or the directory server. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  if (error.name === 'ConnectionError') return LOST;
  if (typeof code === 'number') return resultMessage(error, code);
  const words = networkFailure(error)?.reason;
  // Node names the names of the certificate behind a colon, and there may be none.
  const reason = (error as { readonly reason?: string }).reason?.replace(/[\s:]+$/, '');
  if (words !== undefined) return reason === undefined ? words : `${words} (${reason})`;
  return error.message;
}

/** Like `messageOf`, for a search below the root. */
export const rootMessageOf = (error: unknown): string =>
  codeOf(error) === NO_SUCH_OBJECT
    ? 'the root cannot be searched (only the global catalog of Active Directory allows it, on port 3268 or 3269: set a base)'
    : messageOf(error);

const NO_SUCH_OBJECT = 32;

export const LOST = 'the connection was lost';

/** Explanations for result codes whose name is not enough. RFC 4511, appendix A. */
const hints: Readonly<Record<number, string>> = {
  3: 'time limit of the server',
  4: 'size limit of the server',
  8: 'the server requires an encrypted connection: use ldaps:// or startTls',
  13: 'the server requires an encrypted connection: use ldaps:// or startTls',
  10: 'another server has these entries',
  11: 'a limit of the server for searches',
  32: 'it does not exist, or the account may not read it',
  51: 'the server is overloaded',
  52: 'the server is starting or shutting down',
};

/** Details that Active Directory adds to "invalid credentials". */
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

/** Active Directory gives these details only if the password was correct. */
const WITH_CORRECT_PASSWORD = ['530', '532', '533', '701', '773'];

/** Whether a refused bind says that the password is correct and something else is wrong with the account. */
export const isPasswordCorrect = (error: Error): boolean => WITH_CORRECT_PASSWORD.includes(logonDetail(error));

const logonDetail = ({ message }: Error): string => /\bdata ([0-9a-f]{3}),/.exec(message)?.[1] ?? '';

/**
 * Why a connection received no response at all.
 *
 * @param isEncrypted whether the client uses TLS
 */
export function unansweredMessage(error: Error, isEncrypted: boolean): string {
  const words = messageOf(error);
  const isHungUp = words === LOST || words === reasonOfCode('ECONNRESET');
  if (!isHungUp) return words;
  return `${words} at once: ${isEncrypted ? 'is this a port for ldap:// with startTls' : 'is this a port for ldaps://'}?`;
}

const MOST_WORDS = 200;

/**
 * Like `messageOf`, with the server's own message if there is no better one. Only for requests without addresses of
 * users: servers often repeat parts of the request.
 */
export function serverMessage(error: Error): string {
  const known = messageOf(error);
  const words = error.message.replace(/\s+/g, ' ').trim().slice(0, MOST_WORDS);
  const isNews = isResult(error) && words !== '' && !known.endsWith(')') && !isNameOf(error, words);
  return isNews ? `${known} (${words})` : known;
}

/** If the server gives no message, the library uses the name of the result code. */
const isNameOf = ({ name }: Error, words: string): boolean =>
  name.replace(/Error$/, '').toLowerCase() === words.replace(/ |Error$/g, '').toLowerCase();

/** The server announces that it closes the connection. RFC 4511, 4.4.1. */
export const endedBy = (code: number | undefined, words: string): Error =>
  new Error(`the server ended the connection (${words.trim() || hints[code ?? -1] || `result code ${code}`})`);

function resultMessage(error: Error, code: number): string {
  const name = error.name
    .replace(/(?<=[a-z][A-Z][A-Za-z]*)Error$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
  const isUnbound = /successful bind must be completed|without authentication/i.test(error.message);
  const hint = isUnbound
    ? 'anonymous search is not allowed: set bindDn'
    : (hints[code] ?? logonHints[logonDetail(error)]);
  return hint === undefined ? name : `${name} (${hint})`;
}
