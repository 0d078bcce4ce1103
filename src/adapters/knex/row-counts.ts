import type { Knex } from 'knex';

/** How many rows the tables have that operators ask about. */
export interface RowCounts {
  readonly sessions: number;
  readonly accessTokens: number;
  readonly bindings: { readonly active: number; readonly suspended: number };
  readonly invitesWaiting: number;
}

/** Counted by the database; on a million rows it takes a few hundred milliseconds. */
export async function countRows(db: Knex): Promise<RowCounts> {
  const rowsOf = async (query: Knex.QueryBuilder): Promise<number> =>
    Number((await query.count({ n: '*' }))[0]?.n ?? 0);
  return {
    sessions: await rowsOf(db('validation_sessions')),
    accessTokens: await rowsOf(db('access_tokens')),
    bindings: {
      active: await rowsOf(db('associations').whereNull('suspended_at')),
      suspended: await rowsOf(db('associations').whereNotNull('suspended_at')),
    },
    invitesWaiting: await rowsOf(db('invites').whereNull('delivered_at')),
  };
}

/** How many entries of a mirror have no user, are unlisted, or have values that cannot be used. */
export interface SkippedCounts {
  readonly no_user: number;
  readonly unlisted: number;
  readonly values: number;
}

/**
 * Reads the whole mirror in the database, which takes a second for a million entries. The conditions on `content` rely
 * on its format (see `mirror-rows.ts`): in JSON, no text contains a quote that is not escaped. A reason is the last
 * element, or is followed by the marks, which are an object.
 */
export async function countSkipped(db: Knex, source: string): Promise<SkippedCounts> {
  const isUnlisted = `content like '%{"isUnlisted":true%'`;
  const hasReasons = `(content like '%"]' or content like '%",{"%')`;
  const [row] = await db('mirror_entries')
    .where({ source })
    .select(
      db.raw('sum(case when mxid is null then 1 else 0 end) as no_user'),
      db.raw(`sum(case when mxid is not null and ${isUnlisted} then 1 else 0 end) as unlisted`),
      db.raw(`sum(case when mxid is not null and ${hasReasons} then 1 else 0 end) as "values"`),
    );
  return {
    no_user: Number(row?.no_user ?? 0),
    unlisted: Number(row?.unlisted ?? 0),
    values: Number(row?.values ?? 0),
  };
}
