import type { Binding } from '../associations/binding.js';
import type { AuditEntry } from '../../ports/audit-log.js';
import type { SignIn } from '../../ports/account-store.js';
import type { Cause } from '../shared/cause.js';
import { DomainError } from '../shared/errors.js';
import type { Mxid } from '../identifiers/mxid.js';
import { readMxid } from '../identifiers/mxid-uri.js';
import type { ListedInvite, AdminService } from './admin-service.js';
import { threepidFrom } from '../identifiers/typed-address.js';

/** Operations for operators, with addresses and users as typed text. */
export interface OperationsByText {
  invites(): Promise<readonly ListedInvite[]>;
  /** @returns whether it existed */
  revokeInvite(token: string): Promise<boolean>;
  /** @param who a user or an address; absent: all */
  bindings(who: string | undefined, only: { readonly onlySuspended: boolean }): Promise<readonly Binding[]>;
  bind(address: string, mxid: string): Promise<void>;
  /** @returns whether there was such a binding */
  unbind(address: string, mxid: string): Promise<boolean>;
  /** @param mxid absent: of all users */
  signIns(mxid: string | undefined): Promise<readonly SignIn[]>;
  /** @returns how many access tokens there were */
  endSignIns(mxid: string): Promise<number>;
  /** @param who a user or an address; absent: all. @param since ms since the epoch */
  audit(who: string | undefined, since: number | undefined): Promise<readonly AuditEntry[]>;
}

/**
 * All methods throw DomainError `invalid_email`, `invalid_address` or `invalid_mxid` for text that cannot be parsed.
 *
 * @param cause the operator, for the audit trail
 */
export const operationsByText = (adminService: AdminService, cause: Cause): OperationsByText => ({
  invites: () => adminService.invites(),
  revokeInvite: (token) => adminService.revokeInvite(token, cause),
  bindings: async (who, only) => adminService.bindings(who === undefined ? undefined : threepidOrMxid(who), only),
  bind: async (address, mxid) => adminService.bind(threepidFrom(address), mxidFrom(mxid), cause),
  unbind: async (address, mxid) => adminService.unbind(threepidFrom(address), mxidFrom(mxid), cause),
  signIns: async (mxid) => adminService.signIns(mxid === undefined ? undefined : mxidFrom(mxid)),
  endSignIns: async (mxid) => adminService.endSignIns(mxidFrom(mxid), cause),
  audit: async (who, since) => adminService.audit(who === undefined ? undefined : threepidOrMxid(who), since),
});

const threepidOrMxid = (text: string) => (text.trim().startsWith('@') ? mxidFrom(text) : threepidFrom(text));

function mxidFrom(text: string): Mxid {
  const mxid = readMxid(text);
  if (!mxid) throw new DomainError('invalid_mxid');
  return mxid;
}
