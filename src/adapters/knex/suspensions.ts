import type { Knex } from 'knex';
import { type Suspension } from '../../domain/associations/binding.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import {
  type UserIdAssignment,
  type SuspensionPlan,
  type OwnedBinding,
  withAddresses,
} from '../../domain/deprovisioning/user-id-assignment.js';
import type { NewAuditEntry } from '../../ports/audit-log.js';
import type { ClaimChange } from '../../ports/change-feed.js';
import { type AssociationRow, claimOf } from './association-rows.js';
import { insertAssignments } from './user-id-assignment-rows.js';
import { chunksOf } from './chunks.js';
import { isAmong } from './rows.js';

/** Above this number of bindings, a reload is announced instead of individual claims. */
const MAX_CLAIM_CHANGES = 500;

/** Suspends and resumes bindings, and records the addresses in the assignments of users who left. */
export async function applySuspensionPlan(
  trx: Knex.Transaction,
  assignments: readonly UserIdAssignment[],
  { suspended, resumed }: SuspensionPlan,
): Promise<void> {
  for (const { source, since } of distinct(suspended.map(({ suspension }) => suspension))) {
    const now = suspended.filter(({ suspension }) => suspension.source === source && suspension.since === since);
    const columns = { suspended_at: since, suspended_source: source };
    for (const chunk of chunksOf(now))
      await trx<AssociationRow>('associations')
        .where(isAmong(trx, threepids(chunk)))
        .update(columns);
  }
  await insertAssignments(trx, withAddresses(assignments, suspended), 'set addresses = excluded.addresses');
  for (const chunk of chunksOf(resumed)) {
    await trx<AssociationRow>('associations')
      .where(isAmong(trx, threepids(chunk)))
      .update({ suspended_at: null, suspended_source: null });
  }
}

/** The resulting changes of the claims of bindings. */
export function changesOf({ suspended, resumed }: SuspensionPlan): readonly ClaimChange[] {
  if (suspended.length + resumed.length === 0) return [];
  const isReload = suspended.length + resumed.length > MAX_CLAIM_CHANGES;
  const claims = {
    removed: suspended.map(({ binding }) => claimOf(binding)),
    added: resumed.map(({ binding }) => claimOf(binding)),
  };
  return [{ source: BINDINGS, ...claims, isReload }];
}

/** The entries for the audit trail. */
export const entriesOf = ({ suspended, resumed }: SuspensionPlan, source: string): readonly NewAuditEntry[] => [
  ...suspended.map(({ binding: { mxid, threepid } }) => ({
    action: 'binding_suspended' as const,
    mxid,
    threepid,
    source,
  })),
  ...resumed.map(({ binding: { mxid, threepid } }) => ({ action: 'binding_resumed' as const, mxid, threepid, source })),
];

const threepids = (owned: readonly OwnedBinding[]) => owned.map(({ binding }) => binding.threepid);

const distinct = (suspensions: readonly Suspension[]): Iterable<Suspension> =>
  new Map(
    suspensions.map((suspension) => [JSON.stringify([suspension.source, suspension.since]), suspension]),
  ).values();
