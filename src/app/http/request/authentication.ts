import type { IncomingMessage } from 'node:http';
import type { AccountService } from '../../../domain/accounts/account-service.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import type { TermsService } from '../../../domain/accounts/terms-service.js';
import { queryOf } from './query.js';
import { bearerToken } from './bearer-token.js';

/** The authenticated user. @throws DomainError `not_signed_in` */
export type SignedIn = (req: IncomingMessage) => Promise<Mxid>;

/** @param isForLookup whether it keeps working for a while without the database */
export const requireUser =
  (accountService: AccountService, isForLookup = false): SignedIn =>
  (req) =>
    accountService.authenticate(accessTokenOf(req), isForLookup);

/** Like `requireUser`, but only for users who have accepted the terms. @throws DomainError `terms_not_signed` */
export const requireTerms =
  (termsService: TermsService, requireUser: SignedIn, isForLookup = false): SignedIn =>
  async (req) => {
    const user = await requireUser(req);
    await termsService.check(user, isForLookup);
    return user;
  };

/**
 * The access token of a request, from the header or else from the URL: Synapse still requests hash_details with the
 * token in the query. Spec: "Authentication".
 */
export function accessTokenOf(req: IncomingMessage): string | undefined {
  const header = bearerToken(req);
  if (header !== undefined) return header;
  const { access_token } = queryOf(req);
  return typeof access_token === 'string' && access_token !== '' ? access_token : undefined;
}
