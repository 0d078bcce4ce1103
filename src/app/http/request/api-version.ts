import type { Request } from 'express';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import { jsonBody, jsonOrFormBody } from './body.js';
import type { SignedIn } from './authentication.js';
import type { Parameters } from './query.js';

/** What the two versions of the API do differently where they have the same endpoint. */
export interface ApiVersion {
  /**
   * Lets in who may ask: v2 by access token, v1 by network.
   *
   * @returns the user who asks; v1 knows none
   */
  authenticate(req: Request): Promise<Mxid | undefined>;

  /** The parameters of a POST. */
  body(req: Request): Parameters;
}

export const apiV2 = (requireUser: SignedIn): ApiVersion => ({ authenticate: requireUser, body: jsonBody });

/** @param allow throws for clients that may not ask */
export const apiV1 = (allow: (req: Request) => void): ApiVersion => ({
  async authenticate(req) {
    allow(req);
    return undefined;
  },
  body: jsonOrFormBody,
});
