import type { Request } from 'express';
import type { ClientOf } from './client-address.js';
import { inRanges } from './ip-ranges.js';
import { RequestError } from '../request-error.js';

/**
 * Version 1 of the API asks nobody who he is, so that part of it which reads the directory, sends
 * messages or binds answers only clients from `allowFrom` (CIDR ranges).
 *
 * @throws Rejected `network_not_allowed`
 */
export function v1Access(allowFrom: readonly string[], clientOf: ClientOf): (req: Request) => void {
  const isAllowed = inRanges(allowFrom);
  return (req) => {
    const { address, isVerified } = clientOf(req);
    if (isVerified && isAllowed(address)) return;
    throw new RequestError(
      'network_not_allowed',
      'This part of the v1 API has no authentication and answers only networks named in the option v1.allowFrom; please use v2',
    );
  };
}
