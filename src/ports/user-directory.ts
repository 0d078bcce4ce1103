import type { Mxid } from '../domain/identifiers/mxid.js';

/** A search request from a client. */
export interface UserDirectoryQuestion {
  readonly accessToken: string;
  readonly searchTerm: string;
  readonly limit: number;
  /** The client's address and user agent: homeservers show them in the list of a user's devices. */
  readonly clientAddress: string;
  readonly userAgent?: string | undefined;
  readonly acceptLanguage?: string | undefined;
}

/** The response of the homeserver, unmodified. */
export interface UserDirectoryAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: string;
}

/** The user directory of a homeserver, as it shows it to its users. Spec: Client-Server API, "User Directory". */
export abstract class UserDirectory {
  /**
   * The user of an access token.
   *
   * @returns `undefined` if the homeserver rejects the token, or it belongs to a guest
   * @throws if the homeserver gives no usable answer
   */
  abstract whoami(accessToken: string): Promise<Mxid | undefined>;

  /** @throws if there is no complete response in time, or it is too large */
  abstract search(question: UserDirectoryQuestion): Promise<UserDirectoryAnswer>;
}
