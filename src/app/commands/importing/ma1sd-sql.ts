import { omitUndefined } from '../../config/objects.js';
import type { Given } from '../../config/docs/example.js';
import type { YamlTree } from './yaml-tree.js';

/** The query that ma1sd uses if none is configured. */
const LOOKUP = 'SELECT user_id AS mxid, medium, address from user_threepid_id_server';
const LONGEST_QUERY = 10_000;

/**
 * The section `sql` as a source of Islet. The query that listed everything gives both queries of Islet; with only a
 * query for one address, that is rewritten.
 *
 * @param passwordFile stores the password of the database and returns the file name
 */
export function sqlSourceOf(
  sql: YamlTree,
  domain: string | undefined,
  passwordFile: (value: string | undefined) => string | undefined,
  notes: string[],
): Given | undefined {
  const place = placeOf(sql, passwordFile);
  if (!place) {
    notes.push('sources: sql is left out: its connection is not understood');
    return undefined;
  }
  const type = sql.text('type') ?? 'sqlite';
  const list = sql.text('lookup.query');
  const single = sql.text('identity.query');
  const rewritten = single === undefined ? undefined : rewrite(single, isLocalpart(sql), domain, type);
  if (list === undefined && single !== undefined && rewritten === undefined) {
    notes.push(
      'sources: sql is left out: identity.query could not be rewritten (docs/setup/sources.md says what Islet needs)',
    );
    return undefined;
  }
  notes.push('sources: compare the queries of sql with those that you had; addresses are asked in lower case');
  const all = (list ?? LOOKUP).replace(/[;\s]+$/, '');
  const find = `select address, mxid from (${all}) as people where medium = :medium and lower(address) in (:addresses)`;
  const isListed = list !== undefined || rewritten === undefined;
  return omitUndefined({
    name: 'sql',
    ...place,
    find: rewritten ?? find,
    list: isListed ? all : undefined,
  });
}

const isLocalpart = (sql: YamlTree): boolean => /^(uid|localpart)$/i.test(sql.text('identity.type') ?? 'mxid');

/** `select X as uid from T where medium = ? and A = ?` as a query for many addresses; otherwise `undefined`. */
function rewrite(query: string, isUid: boolean, domain = '', type = ''): string | undefined {
  const text = query
    .slice(0, LONGEST_QUERY)
    .replaceAll(/\s+/g, ' ')
    .replace(/[; ]+$/, '')
    .trim();
  const lower = text.toLowerCase();
  const [from, where] = [lower.indexOf(' from '), lower.indexOf(' where ')];
  if (!lower.startsWith('select ') || from < 0 || where < from) return undefined;
  const [, user] = /^(.+) as ["`]?uid["`]?$/i.exec(text.slice('select '.length, from)) ?? [];
  const [table, conditions] = [text.slice(from + ' from '.length, where), text.slice(where + ' where '.length)];
  const parts = conditions.split('?');
  const [, address] = /([\w."`]+(?:\([\w."`]+\))?) ?= ?$/.exec(parts[1] ?? '') ?? [];
  if (user === undefined || address === undefined || parts.length !== 3 || !/= ?$/.test(parts[0] ?? ''))
    return undefined;
  const before = (parts[1] ?? '').slice(0, -1 * (/[\w."`()]+ ?= ?$/.exec(parts[1] ?? '')?.[0].length ?? 0));
  const condition = `${parts[0]}:medium${before}lower(${address}) in (:addresses)${parts[2]}`;
  const concat = /^(mysql|mariadb)$/.test(type)
    ? `concat('@', ${user}, ':${domain}')`
    : `'@' || ${user} || ':${domain}'`;
  return `select ${address} as address, ${isUid ? concat : user} as mxid from ${table} where ${condition}`;
}

/** JDBC's `//host/database?user=…&password=…`, or the path of a SQLite file. */
function placeOf(sql: YamlTree, passwordFile: (value: string | undefined) => string | undefined): Given | undefined {
  const connection = sql.text('connection');
  if (connection === undefined) return undefined;
  const type = sql.text('type') ?? 'sqlite';
  if (type === 'sqlite') return { file: connection };
  const scheme = { postgresql: 'postgres', mysql: 'mysql', mariadb: 'mysql' }[type];
  if (scheme === undefined) return undefined;
  return jdbcPlace(scheme, connection, passwordFile);
}

/** @returns the URL without its password, and the file of that */
export function jdbcPlace(
  scheme: string,
  connection: string,
  passwordFile: (value: string | undefined) => string | undefined,
): { readonly url: string; readonly passwordFile?: string } | undefined {
  const text = connection.startsWith('//') ? connection : `//localhost/${connection}`;
  if (!URL.canParse(`http:${text}`)) return undefined;
  const { host, pathname, searchParams } = new URL(`http:${text}`);
  const user = searchParams.get('user');
  const file = passwordFile(searchParams.get('password') ?? undefined);
  const account = user === null ? '' : `${encodeURIComponent(user)}@`;
  return { url: `${scheme}://${account}${host}${pathname}`, ...(file !== undefined && { passwordFile: file }) };
}
