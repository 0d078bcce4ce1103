import type { Request } from 'express';
import type { Mxid } from '../../domain/mxid.js';
import { jsonBody, looseBody } from './body.js';
import type { SignedIn } from './auth.js';
import type { Parameters } from './query.js';

/** What the two versions of the API do differently where they have the same endpoint. */
export interface Dialect {
  /**
   * Lets in who may ask: v2 by access token, v1 by network.
   *
   * @returns the user who asks; v1 knows none
   */
  admit(req: Request): Promise<Mxid | undefined>;

  /** The parameters of a POST. */
  body(req: Request): Parameters;
}

export const v2Dialect = (signedIn: SignedIn): Dialect => ({ admit: signedIn, body: jsonBody });

/** @param allow throws for clients that may not ask */
export const v1Dialect = (allow: (req: Request) => void): Dialect => ({
  async admit(req) {
    allow(req);
    return undefined;
  },
  body: looseBody,
});
