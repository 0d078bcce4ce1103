import { networkOf } from '../identifiers/ip-network.js';
import { homeserverOf, type Mxid } from '../identifiers/mxid.js';
import { parseServerName } from '../identifiers/server-name.js';

/** The requester, as far as rate limits distinguish them. */
export interface Asker {
  /** `undefined` if there is no sign-in, as in version 1 of the API. */
  readonly user: Mxid | undefined;
  /** The origin of the request: an IP address, or its network as returned by `networkOf`. */
  readonly client: string;
}

/** What a limit counts by. Logged with the limit that was reached. */
export type SubjectKind =
  | 'user'
  | 'homeserver'
  | 'client'
  | 'address'
  | 'number'
  | 'country'
  | 'homeserver and country';

/**
 * The key by which a homeserver is counted: its host, because new hosts cost money. One host may have a homeserver on
 * every port, and an IPv6 network one on every address.
 */
export function homeserverKey(name: string): string {
  const { host } = parseServerName(name) ?? { host: name };
  return networkOf(host.toLowerCase());
}

/** The party responsible for a request: the homeserver of the user, or the client if there is no user. */
export const responsibleParty = ({ user, client }: Asker): string =>
  user === undefined ? `client ${client}` : homeserverKey(homeserverOf(user));
