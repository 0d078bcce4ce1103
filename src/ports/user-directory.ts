import type { Mxid } from '../domain/identifiers/mxid.js';

/** A search as a client made it. */
export interface UserDirectoryQuestion {
  readonly accessToken: string;
  readonly searchTerm: string;
  readonly limit: number;
  /** From where it came, and with what: homeservers show users where they are signed in. */
  readonly clientAddress: string;
  readonly userAgent?: string | undefined;
  readonly acceptLanguage?: string | undefined;
}

/** What the homeserver said, whatever it is. */
export interface UserDirectoryAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: string;
}

/** The people whom a homeserver knows, as it shows them to its users. Spec: Client-Server API, "User Directory". */
export abstract class UserDirectory {
  /**
   * Whose access token this is.
   *
   * @returns `undefined` if the homeserver does not take it, or it is that of a guest
   * @throws if it does not say
   */
  abstract whoami(accessToken: string): Promise<Mxid | undefined>;

  /** @throws if there is no complete answer in time, or it is too long */
  abstract search(question: UserDirectoryQuestion): Promise<UserDirectoryAnswer>;
}
