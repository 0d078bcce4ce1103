import { StoreUnavailableError } from '../../domain/shared/errors.js';

/** SQLSTATE: connection exceptions, a server that is stopping or starting, a standby, a full disk. */
const LOST_STATES = /^(?:08...|57P0[1-5]|25006|53100|58030)$/;
/** The corresponding codes of SQLite. */
const LOST_CODES =
  /^(?:SQLITE_(?:FULL|READONLY|IOERR|CANTOPEN)|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|E(?:HOST|NET)UNREACH)/;
const LOST_WORDS =
  /^(?:Connection terminated|Query read timeout|Client has encountered a connection error|timeout exceeded)/;

/**
 * Whether an error of a driver means that the database is unavailable or not writable, independent of the statement.
 */
export function isLost(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const word = typeof code === 'string' ? code : '';
  return LOST_STATES.test(word) || LOST_CODES.test(word) || LOST_WORDS.test(String(message));
}

/** Converts such an error for callers. */
export const asUnavailable = <E>(error: E): E | StoreUnavailableError =>
  isLost(error)
    ? new StoreUnavailableError('the database cannot be reached, or is not writable', { cause: error })
    : error;

/** The reason in a readable form. */
export function lostReason(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const words: Readonly<Record<string, string>> = {
    '25006': 'it is read-only, for example a standby',
    '53100': 'its disk is full',
    SQLITE_FULL: 'its disk is full',
    SQLITE_READONLY: 'its file is not writable',
    SQLITE_IOERR: 'disk error',
  };
  return words[String(code)] ?? String(message);
}
