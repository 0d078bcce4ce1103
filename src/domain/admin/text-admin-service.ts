import type { Binding } from '../associations/binding.js';
import type { SignIn } from '../../ports/account-store.js';
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
}

/**
 * All methods throw DomainError `invalid_email`, `invalid_address` or `invalid_mxid` for text that cannot be parsed.
 */
export const operationsByText = (adminService: AdminService): OperationsByText => ({
  invites: () => adminService.invites(),
  revokeInvite: (token) => adminService.revokeInvite(token),
  bindings: async (who, only) => adminService.bindings(who === undefined ? undefined : threepidOrMxid(who), only),
  bind: async (address, mxid) => adminService.bind(threepidFrom(address), mxidFrom(mxid)),
  unbind: async (address, mxid) => adminService.unbind(threepidFrom(address), mxidFrom(mxid)),
  signIns: async (mxid) => adminService.signIns(mxid === undefined ? undefined : mxidFrom(mxid)),
  endSignIns: async (mxid) => adminService.endSignIns(mxidFrom(mxid)),
});

const threepidOrMxid = (text: string) => (text.trim().startsWith('@') ? mxidFrom(text) : threepidFrom(text));

function mxidFrom(text: string): Mxid {
  const mxid = readMxid(text);
  if (!mxid) throw new DomainError('invalid_mxid');
  return mxid;
}
