import { networkOf } from '../identifiers/ip-network.js';
import { homeserverOf, type Mxid } from '../identifiers/mxid.js';
import { parseServerName } from '../identifiers/server-name.js';

/** Who asks for something, as far as limits tell people apart. */
export interface Asker {
  /** `undefined` where nobody signs in, as in version 1 of the API. */
  readonly user: Mxid | undefined;
  /** Where the request comes from: an IP address, or its network as `networkOf` gives it. */
  readonly client: string;
}

/** What limits count. The log says it beside the limit that was reached. */
export type SubjectKind =
  | 'user'
  | 'homeserver'
  | 'client'
  | 'address'
  | 'number'
  | 'country'
  | 'homeserver and country';

/**
 * A homeserver by what costs its owner something: its host. One host may have a homeserver on every
 * port, and an IPv6 network one on every address.
 */
export function homeserverKey(name: string): string {
  const { host } = parseServerName(name) ?? { host: name };
  return networkOf(host.toLowerCase());
}

/** The party responsible for a request: the homeserver of the user, or the client if there is no user. */
export const sponsorOf = ({ user, client }: Asker): string =>
  user === undefined ? `client ${client}` : homeserverKey(homeserverOf(user));
