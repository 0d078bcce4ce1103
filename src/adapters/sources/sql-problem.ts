import { TimeLimitError } from '../shared/deadline.js';
import { networkFailure } from '../shared/network-errors.js';

/**
 * PostgreSQL error classes about the query itself, authorization or the state of the server. Their messages contain no
 * values.
 */
const OF_NO_VALUE = /^(?:08|25|28|3D|3F|42|53|55|57|58)[\dA-Z]{3}$/;
const OF_NO_VALUE_IN_SQLITE =
  /no such (?:table|column|function): .*|near ".*": syntax error|incomplete input|ambiguous column name: .*|wrong number of arguments to function .*|attempt to write a readonly database|database is locked|file is not a database|unable to open database file/;

/**
 * Why a query fails: the error code of the database, and its message if that contains only names of tables, columns and
 * accounts. Other messages might contain values.
 *
 * @param error as thrown by the driver
 */
export function sqlProblem(error: unknown): string {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  const failure = networkFailure(error);
  if (failure) return failure.reason;
  if (error instanceof TimeLimitError) return 'time limit exceeded';
  if (typeof code !== 'string') return wordsOfDriver(message);
  const words = wordsBeside(code, message);
  if (words.includes(code)) return words;
  return words === '' ? code : `${code}, ${words}`;
}

function wordsBeside(code: string, message: string): string {
  if (code.startsWith('SQLITE_')) return OF_NO_VALUE_IN_SQLITE.exec(message)?.[0] ?? '';
  if (OF_NO_VALUE.test(code)) return message;
  if (code === '22P02' || code === '22003') return 'a value is compared with a column of another type';
  const isOfDatabase = /^[\dA-Z]{5}$/.test(code) || code.startsWith('ER_');
  // Otherwise a network error, with hosts, ports and certificates.
  return isOfDatabase ? '' : message;
}

/** The messages of the driver are constant; those of Knex also contain the query. */
function wordsOfDriver(message: string): string {
  if (message.startsWith('Knex: Timeout acquiring')) return 'no connection is available';
  if (/^(?:Defined query timeout|Query read timeout)/.test(message)) return 'time limit exceeded';
  if (message.includes('client password must be')) return 'the database requires a password';
  const known = /^(?:Connection terminated|The server does not support|There was an error est|SASL:|timeout expired).*/;
  return known.exec(message)?.[0] ?? 'unknown reason';
}
