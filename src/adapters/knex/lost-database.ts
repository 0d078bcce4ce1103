import { StoreUnavailableError } from '../../domain/shared/errors.js';

/** SQLSTATE: connection exceptions, a server that ends or starts, a standby, a full disk. */
const LOST_STATES = /^(?:08...|57P0[1-5]|25006|53100|58030)$/;
/** SQLite says the same of its file. */
const LOST_CODES =
  /^(?:SQLITE_(?:FULL|READONLY|IOERR|CANTOPEN)|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|E(?:HOST|NET)UNREACH)/;
const LOST_WORDS =
  /^(?:Connection terminated|Query read timeout|Client has encountered a connection error|timeout exceeded)/;

/** Whether an error of a driver says that the database is away or cannot be written, and nothing of the statement. */
export function isLost(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const word = typeof code === 'string' ? code : '';
  return LOST_STATES.test(word) || LOST_CODES.test(word) || LOST_WORDS.test(String(message));
}

/** What callers see of it. */
export const asUnavailable = <E>(error: E): E | StoreUnavailableError =>
  isLost(error) ? new StoreUnavailableError('it cannot be reached or written', { cause: error }) : error;

/** What is said of it to people. */
export function lostReason(error: unknown): string {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  const words: Readonly<Record<string, string>> = {
    '25006': 'it takes no writes: it is a standby, or set to read-only',
    '53100': 'its disk is full',
    SQLITE_FULL: 'its disk is full',
    SQLITE_READONLY: 'its file may not be written',
    SQLITE_IOERR: 'its disk fails',
  };
  return words[String(code)] ?? String(message);
}
