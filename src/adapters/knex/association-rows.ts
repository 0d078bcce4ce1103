import type { Knex } from 'knex';
import type { Binding } from '../../domain/associations/binding.js';
import type { Claim } from '../../domain/associations/claim.js';
import type { OwnedBinding } from '../../domain/deprovisioning/user-id-assignment.js';
import { bindingKey } from '../../domain/identifiers/mailbox.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import { jsonArray, rowsOf } from './dialect.js';
import { type ThreepidColumns, threepidColumns, threepidOf } from './rows.js';

export interface AssociationRow extends ThreepidColumns {
  readonly mxid: Mxid;
  readonly bound_at: number;
  readonly not_before: number;
  readonly not_after: number;
  readonly person: string | null;
  readonly suspended_at: number | null;
  readonly suspended_source: string | null;
  /** `bindingKey`; null for bindings of older versions. */
  readonly mailbox: string | null;
}

export const claimOf = ({ threepid, mxid }: Binding): Claim => ({ threepid, mxid });

export const bindingFromRow = (row: AssociationRow): Binding => ({
  threepid: threepidOf(row),
  mxid: row.mxid,
  boundAt: row.bound_at,
  notBefore: row.not_before,
  notAfter: row.not_after,
  ...(row.suspended_at !== null && { suspended: { since: row.suspended_at, source: row.suspended_source ?? '' } }),
});

export const ownedFromRow = (row: AssociationRow): OwnedBinding => ({
  binding: bindingFromRow(row),
  person: row.person ?? undefined,
});

/** A new binding: not yet assigned to a person, and active. */
export const associationRow = ({ threepid, mxid, boundAt, notBefore, notAfter }: Binding): AssociationRow => ({
  ...threepidColumns(threepid),
  mxid,
  bound_at: boundAt,
  not_before: notBefore,
  not_after: notAfter,
  person: null,
  suspended_at: null,
  suspended_source: null,
  mailbox: bindingKey(threepid),
});

/** The same text for all spellings of a mailbox; other ones for numbers. */
export const mailboxOf = (threepid: Threepid): string => `${threepid.medium} ${bindingKey(threepid)}`;

/** The bindings of the mailboxes and numbers of these bindings. */
export function formerRows(trx: Knex, bindings: readonly Binding[]): Promise<readonly AssociationRow[]> {
  const bound = (column: string) =>
    `select associations.* from (select value->>0 as medium, value->>1 as ${column} from ${jsonArray(trx)}) as bound
     join associations on associations.medium = bound.medium and associations.${column} = bound.${column}`;
  return rowsOf(
    trx.raw(`${bound('address')} union ${bound('mailbox')}`, [
      JSON.stringify(bindings.map(({ threepid: { medium, address } }) => [medium, address])),
      JSON.stringify(bindings.map(({ threepid }) => [threepid.medium, bindingKey(threepid)])),
    ]),
  );
}

export async function insertBindings(trx: Knex, bindings: readonly Binding[]): Promise<void> {
  const rows = bindings
    .map(associationRow)
    .map((row) => [
      row.medium,
      row.address,
      row.alias,
      row.mxid,
      row.bound_at,
      row.not_before,
      row.not_after,
      row.mailbox,
    ]);
  await trx.raw(
    `insert into associations (medium, address, alias, mxid, bound_at, not_before, not_after, mailbox)
     select value->>0, value->>1, value->>2, value->>3, cast(value->>4 as bigint), cast(value->>5 as bigint),
       cast(value->>6 as bigint), value->>7 from ${jsonArray(trx)}`,
    [JSON.stringify(rows)],
  );
}
