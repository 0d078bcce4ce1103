import type { Knex } from 'knex';
import { parseMxid } from '../../../domain/identifiers/mxid.js';
import { instantOf, textOf } from './foreign-database.js';
import type { ImportedTerms, ImportedToken, LeftOutRows } from './imported-data.js';

/** Access tokens and accepted terms; the fork has neither. */
export async function readAccounts(
  db: Knex,
  now: number,
  leftOut: LeftOutRows,
): Promise<{ readonly tokens: readonly ImportedToken[]; readonly terms: readonly ImportedTerms[] }> {
  if (!(await db.schema.hasTable('accounts'))) return { tokens: [], terms: [] };
  const accounts: { user_id: unknown; created_ts: unknown }[] = await db('accounts').select('user_id', 'created_ts');
  const createdAt = new Map(accounts.map((row) => [textOf(row.user_id), instantOf(row.created_ts) ?? now]));
  const tokens: { token: unknown; user_id: unknown; rowid: number }[] = await db('tokens').select('rowid', '*');
  const terms: { user_id: unknown; url: unknown; rowid: number }[] = await db('accepted_terms_urls').select(
    'rowid',
    '*',
  );
  return {
    tokens: tokens.flatMap(({ token, user_id, rowid }) => {
      const mxid = parseMxid(textOf(user_id));
      if (mxid && textOf(token) !== '') {
        return [{ accessToken: textOf(token), mxid, createdAt: createdAt.get(mxid) ?? now }];
      }
      leftOut.add('tokens', 'no valid user ID', rowid);
      return [];
    }),
    terms: terms.flatMap(({ user_id, url, rowid }) => {
      const mxid = parseMxid(textOf(user_id));
      if (mxid) return [{ mxid, url: textOf(url), acceptedAt: createdAt.get(mxid) ?? now }];
      leftOut.add('accepted_terms_urls', 'no valid user ID', rowid);
      return [];
    }),
  };
}
