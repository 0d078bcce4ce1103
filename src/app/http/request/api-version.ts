import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { jsonBody, jsonOrFormBody } from './body.js';
import type { SignedIn } from './authentication.js';
import type { PlainRequest } from './plain-request.js';
import type { Parameters } from './query.js';

/** The differences between the two versions of the API in endpoints that both have. */
export interface ApiVersion {
  /**
   * Checks access: v2 by access token, v1 by network.
   *
   * @returns the authenticated user; `undefined` in v1
   */
  authenticate(req: PlainRequest): Promise<Mxid | undefined>;

  /** The parameters of a POST request. */
  body(req: PlainRequest): Parameters;
}

export const apiV2 = (requireUser: SignedIn): ApiVersion => ({ authenticate: requireUser, body: jsonBody });

/** @param allow throws for clients without access */
export const apiV1 = (allow: (req: PlainRequest) => void): ApiVersion => ({
  async authenticate(req) {
    allow(req);
    return undefined;
  },
  body: jsonOrFormBody,
});
