import type { Request } from 'express';
import type { Accounts } from '../../domain/accounts.js';
import type { Mxid } from '../../domain/mxid.js';
import type { Terms } from '../../domain/terms.js';
import { queryOf } from './query.js';

/** Who asks. @throws Refused `not_signed_in` */
export type SignedIn = (req: Request) => Promise<Mxid>;

export const signedIn =
  (accounts: Accounts): SignedIn =>
  (req) =>
    accounts.whois(accessTokenOf(req));

/** The same, of those alone who have accepted the terms. @throws Refused `terms_not_signed` */
export const agreedTo =
  (terms: Terms, signedIn: SignedIn): SignedIn =>
  async (req) => {
    const user = await signedIn(req);
    await terms.check(user);
    return user;
  };

/**
 * The access token of a request, from its header or else its URL: Synapse still asks for
 * hash_details with the token in the query. Spec: "Authentication".
 */
export function accessTokenOf(req: Request): string | undefined {
  const header = /^Bearer +([^\s]+) *$/i.exec(req.headers.authorization ?? '')?.[1];
  if (header !== undefined) return header;
  const { access_token } = queryOf(req);
  return typeof access_token === 'string' && access_token !== '' ? access_token : undefined;
}
