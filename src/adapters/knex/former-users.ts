import type { Knex } from 'knex';
import type { UserIdAssignment } from '../../domain/deprovisioning/user-id-assignment.js';
import { BY_ISLET } from '../../domain/shared/cause.js';
import type { NewAuditEntry } from '../../ports/audit-log.js';
import type { AssociationRow } from './association-rows.js';
import type { KnexAuditLog } from './audit-log.js';
import { jsonArray, rowsOf } from './dialect.js';
import { HAS_ENTRY, type UserIdAssignmentRow } from './user-id-assignment-rows.js';
import { isOneOf, threepidOf } from './rows.js';

/** `UserIdAssignmentStore.removeDeparted` for one chunk. The caller holds the lock of the change feed. */
export async function removeFormerUsers(
  trx: Knex.Transaction,
  assignments: readonly UserIdAssignment[],
  time: number,
  audit: KnexAuditLog,
): Promise<{ readonly people: number; readonly bindings: number }> {
  const asked = assignments.map(({ mxid, person }) => [mxid, person]);
  const former = await rowsOf<UserIdAssignmentRow>(
    trx.raw(
      `select * from holders where (mxid, person) in (select value->>0, value->>1 from ${jsonArray(trx)})
       and not ${HAS_ENTRY}
       and not exists (
         select 1 from holders h where h.mxid = holders.mxid and h.person = holders.person
           and (h.left_at is null or h.left_at >= ?)
       )
       and not exists (select 1 from access_tokens t where t.mxid = holders.mxid)
       and not exists (
         select 1 from associations a where a.mxid = holders.mxid
           and (a.person is null or (a.person = holders.person and a.suspended_at is null))
       )`,
      [JSON.stringify(asked), time],
    ),
  );
  if (former.length === 0) return { people: 0, bindings: 0 };
  const people = JSON.stringify(former.map(({ mxid, person }) => [mxid, person]));
  const isTheirs = trx.raw(`(mxid, person) in (select value->>0, value->>1 from ${jsonArray(trx)})`, [people]);
  const suspendedRows = () => trx<AssociationRow>('associations').where(isTheirs).whereNotNull('suspended_at');
  const bound = await suspendedRows();
  const bindings: number = await suspendedRows().delete();
  const detail = 'the user left long ago';
  const entries: readonly NewAuditEntry[] = [
    ...bound.map((row) => ({ action: 'unbound' as const, mxid: row.mxid, threepid: threepidOf(row), detail })),
    ...former.map(({ mxid, source }) => ({ action: 'person_forgotten' as const, mxid, source })),
  ];
  await audit.addWithin(trx, entries, BY_ISLET);
  await trx('holders').where(isTheirs).delete();
  const mxids = [...new Set(former.map(({ mxid }) => mxid))];
  await trx('accepted_terms')
    .where(isOneOf(trx, 'mxid', mxids))
    .whereRaw('not exists (select 1 from holders h where h.mxid = accepted_terms.mxid)')
    .delete();
  return { people: former.length, bindings };
}
