import type { Binding } from '../../domain/associations/binding.js';
import type { Claim } from '../../domain/associations/claim.js';
import type { OwnedBinding } from '../../domain/deprovisioning/user-id-assignment.js';
import { bindingKey } from '../../domain/identifiers/mailbox.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
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
