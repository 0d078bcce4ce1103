import type { Knex } from 'knex';
import { BINDINGS, type Suspension } from '../../domain/association.js';
import { type Holder, type Judgement, type OwnedBinding, withAddresses } from '../../domain/holder.js';
import type { ClaimChange } from '../../ports/change-feed.js';
import { type AssociationRow, claimOf } from './association-rows.js';
import { insertHolders } from './holder-rows.js';
import { chunksOf } from './paging.js';
import { isAmong } from './rows.js';

/** More bindings than this are loaded anew instead of being told claim by claim. */
const TELLABLE = 500;

/** Suspends and resumes bindings, and records the addresses with those who left. */
export async function writeJudgement(
  trx: Knex.Transaction,
  holders: readonly Holder[],
  { suspended, resumed }: Judgement,
): Promise<void> {
  for (const { source, since } of distinct(suspended.map(({ suspension }) => suspension))) {
    const now = suspended.filter(({ suspension }) => suspension.source === source && suspension.since === since);
    const columns = { suspended_at: since, suspended_source: source };
    for (const chunk of chunksOf(now))
      await trx<AssociationRow>('associations')
        .where(isAmong(trx, threepids(chunk)))
        .update(columns);
  }
  await insertHolders(trx, withAddresses(holders, suspended), 'set addresses = excluded.addresses');
  for (const chunk of chunksOf(resumed)) {
    await trx<AssociationRow>('associations')
      .where(isAmong(trx, threepids(chunk)))
      .update({ suspended_at: null, suspended_source: null });
  }
}

/** What that changes in the claims of our bindings. */
export function changesOf({ suspended, resumed }: Judgement): readonly ClaimChange[] {
  if (suspended.length + resumed.length === 0) return [];
  const isReload = suspended.length + resumed.length > TELLABLE;
  const claims = {
    removed: suspended.map(({ binding }) => claimOf(binding)),
    added: resumed.map(({ binding }) => claimOf(binding)),
  };
  return [{ source: BINDINGS, ...claims, isReload }];
}

const threepids = (owned: readonly OwnedBinding[]) => owned.map(({ binding }) => binding.threepid);

const distinct = (suspensions: readonly Suspension[]): Iterable<Suspension> =>
  new Map(suspensions.map((one) => [JSON.stringify([one.source, one.since]), one])).values();
