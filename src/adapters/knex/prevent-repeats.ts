import type { Knex } from 'knex';
import { chunksOf, PAGE, pages } from './chunks.js';
import { storedNames } from './job-payloads.js';
import { versionOf } from './migrations.js';
import { isOneOf } from './rows.js';
import type { KnexStores } from './stores.js';

/** What was done in the time between a backup and its restore, as far as it is known. */
export interface PreventedRepeats {
  /** Whether the replaced database could be read. */
  readonly isKnown: boolean;
  /** Invitations that were delivered since the backup. They are not delivered again. */
  readonly delivered: number;
  /** Mails of invitations that are not sent again. */
  readonly mails: number;
}

/** For `failure` of an invitation whose mail may have been sent. */
export const NOT_SENT_AGAIN =
  'its mail was waiting when the backup was made, and may have been sent since: not sent again';

interface Columns {
  readonly token: string;
  readonly delivered_at: number | null;
  readonly confirmed_at: number | null;
  readonly failure: string | null;
  readonly pending_mail: string | null;
}

/**
 * Prevents a restored backup from repeating what people have already received: deliveries of invitations, and their
 * mails. The database that the backup replaces tells what was done. Without it, mails that were queued are not sent, and
 * deliveries depend on the answer of the homeserver (see `restored_at`).
 *
 * @param draft the backup, with all migrations applied
 * @param replaced the database in whose place the backup is put; `undefined` if there is none that can be read
 * @param now ms since the epoch
 */
export async function preventRepeats(
  draft: Knex.Transaction,
  stores: Pick<KnexStores, 'jobs' | 'invites'>,
  replaced: Knex | undefined,
  now: number,
): Promise<PreventedRepeats> {
  const result = replaced
    ? await copyOutcomes(draft, replaced)
    : { delivered: 0, mails: await dropMails(draft, stores) };
  await draft('invites').whereNull('confirmed_at').update({ restored_at: now });
  return { isKnown: replaced !== undefined, ...result };
}

/** Whether this is a later state of the same database as the backup, with the same tables. */
export async function isSuccessor(draft: Knex, replaced: Knex): Promise<boolean> {
  const idOf = (db: Knex) => db('installation').where({ name: 'id' }).pluck('value');
  if ((await versionOf(replaced))?.pending !== 0) return false;
  const [own, other] = [await idOf(draft), await idOf(replaced)];
  return own.length === 1 && own[0] === other[0];
}

async function copyOutcomes(
  draft: Knex.Transaction,
  replaced: Knex,
): Promise<Pick<PreventedRepeats, 'delivered' | 'mails'>> {
  let [delivered, mails] = [0, 0];
  const unfinished = pages<Columns>((after) => {
    const page = draft<Columns>('invites').whereNull('confirmed_at').orderBy('token').limit(PAGE);
    return after ? page.where('token', '>', after.token) : page;
  });
  for await (const rows of unfinished) {
    const tokens = rows.map(({ token }) => token);
    const later: readonly Columns[] = await replaced('invites').where(isOneOf(replaced, 'token', tokens));
    const before = new Map(rows.map((row) => [row.token, row]));
    for (const { token, delivered_at, confirmed_at, failure, pending_mail } of later) {
      const isDone = delivered_at !== null && (confirmed_at !== null || failure !== null);
      const isMailed = pending_mail === null && typeof before.get(token)?.pending_mail === 'string';
      if (isDone) {
        await draft('invites').where({ token }).update({ delivered_at, confirmed_at, failure, pending_mail: null });
        delivered++;
      } else if (delivered_at === null && failure !== null) {
        await draft('invites').where({ token }).update({ failure, pending_mail: null });
      } else if (isMailed) await draft('invites').where({ token }).update({ pending_mail: null });
      if (isMailed) mails++;
    }
  }
  const queued: readonly number[] = await draft('jobs').whereIn('kind', storedNames('invite-mail')).pluck('id');
  for (const chunk of chunksOf(queued)) {
    const left = new Set<number>(
      await replaced('jobs')
        .where(isOneOf(replaced, 'id', chunk.map(String)))
        .pluck('id'),
    );
    const ended = chunk.filter((id) => !left.has(id));
    mails += await draft('jobs')
      .where(isOneOf(draft, 'id', ended.map(String)))
      .delete();
  }
  return { delivered, mails };
}

async function dropMails(
  draft: Knex.Transaction,
  { jobs, invites }: Pick<KnexStores, 'jobs' | 'invites'>,
): Promise<number> {
  let mails = await draft('invites')
    .whereNotNull('pending_mail')
    .update({ failure: NOT_SENT_AGAIN, pending_mail: null });
  const tokens: string[] = [];
  for await (const page of jobs.list('invite-mail')) {
    for (const { payload } of page) if (typeof payload.token === 'string') tokens.push(payload.token);
  }
  await invites.markUnmailed(tokens, NOT_SENT_AGAIN);
  mails += await draft('jobs').whereIn('kind', storedNames('invite-mail')).delete();
  return mails;
}
