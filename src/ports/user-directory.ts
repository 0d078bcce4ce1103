import type { Mxid } from '../domain/identifiers/mxid.js';

/** The client on whose behalf a homeserver is asked. */
export interface UserDirectoryCaller {
  readonly accessToken: string;
  /** The client's address and user agent: homeservers show them in the list of a user's devices. */
  readonly clientAddress: string;
  readonly userAgent?: string | undefined;
}

/** A search request from a client. */
export interface UserDirectoryQuestion extends UserDirectoryCaller {
  readonly searchTerm: string;
  readonly limit: number;
  readonly acceptLanguage?: string | undefined;
}

/** The response of the homeserver, unmodified. */
export interface UserDirectoryAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: string;
}

/** What a user shows to others. Both are absent if they chose nothing. */
export interface UserProfile {
  readonly name?: string;
  /** `mxc://…` */
  readonly avatarUrl?: string;
}

/** The user directory of a homeserver, as it shows it to its users. Spec: Client-Server API, "User Directory". */
export abstract class UserDirectory {
  /**
   * The user of an access token.
   *
   * @returns `undefined` if the homeserver rejects the token, or it belongs to a guest
   * @throws if the homeserver gives no usable answer
   */
  abstract whoami(caller: UserDirectoryCaller): Promise<Mxid | undefined>;

  /**
   * The profile of a user of this homeserver, as it is shown to the caller. Takes at most half a second.
   *
   * @returns `undefined` if there is no such user, or the caller must not see the profile
   * @throws if the homeserver gives no usable answer
   */
  abstract profile(caller: UserDirectoryCaller, user: Mxid): Promise<UserProfile | undefined>;

  /** @throws if there is no complete response in time, or it is too large */
  abstract search(question: UserDirectoryQuestion): Promise<UserDirectoryAnswer>;
}
