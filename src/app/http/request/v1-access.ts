import { isIP } from 'node:net';
import type { ClientOf } from './client-address.js';
import { inRanges } from './ip-ranges.js';
import type { PlainRequest } from './plain-request.js';
import { RequestError } from '../request-error.js';

/** Who may use the part of v1 that has no authentication. */
export interface V1AccessOptions {
  /** CIDR ranges. */
  readonly allowFrom: readonly string[];
  /** Origins of web clients that may send requests. */
  readonly allowOrigins?: readonly string[];
  /**
   * The host names of this server, lower-case and without ports. IP addresses and names without a dot need no entry.
   */
  readonly hosts?: readonly string[];
  /** The host name of the proxy that clients must pass, if there is one. */
  readonly proxiedHost?: string | undefined;
}

const REFUSED =
  'This part of the v1 API has no authentication and is only for networks in the option v1.allowFrom; please use v2';

/**
 * Version 1 of the API has no authentication. The part of it that reads the directory, sends messages or binds
 * therefore answers only clients from `allowFrom`. A browser in these networks sends requests for any page, so
 * requests of other pages are refused. Requests under unknown host names are refused as well: the owner of a name can
 * make it resolve to this server (DNS rebinding). Responses can only be read by the allowed pages.
 *
 * @throws RequestError `network_not_allowed`, `page_not_allowed` or `host_not_allowed`
 */
export function v1Access(options: V1AccessOptions, clientOf: ClientOf): (req: PlainRequest) => void {
  const { allowFrom, allowOrigins = [], hosts = [], proxiedHost } = options;
  const isAllowed = inRanges(allowFrom);
  return (req) => {
    const { address, isVerified, isForwarded } = clientOf(req);
    const named = [req.headers.host, ...String(req.headers['x-forwarded-host'] ?? '').split(',')].map(hostIn);
    // A request for the name of the proxy came through it, and the proxy does not pass on the client address.
    const isUnnamed = !isForwarded && proxiedHost !== undefined && named.includes(proxiedHost);
    if (!isVerified || isUnnamed || !isAllowed(address)) throw new RequestError('network_not_allowed', REFUSED);

    const { origin } = req.headers;
    const site = req.headers['sec-fetch-site'];
    const isOwnPage = origin !== undefined && allowOrigins.includes(origin);
    if (!isOwnPage && (origin !== undefined || site === 'cross-site' || site === 'same-site')) {
      const message = 'Web pages may use this part of the v1 API only if they are listed in the option v1.allowOrigins';
      throw new RequestError('page_not_allowed', message);
    }
    if (!named.every((host) => host === '' || isPrivateName(host) || hosts.includes(host))) {
      const message =
        'This part of the v1 API cannot be used under this host name; further names are set in the option v1.allowHosts';
      throw new RequestError('host_not_allowed', message);
    }
    if (isOwnPage) req.res?.setHeader('Access-Control-Allow-Origin', origin).setHeader('Vary', 'Origin');
    else req.res?.removeHeader('Access-Control-Allow-Origin');
  };
}

/** The host name in a `Host` header, without port and brackets. */
export const hostIn = (header = ''): string => {
  const text = header.trim().toLowerCase();
  return /^\[([^\]]*)\](?::\d*)?$/.exec(text)?.[1] ?? text.replace(/:\d*$/, '').replace(/\.$/, '');
};

/** Nobody on the Internet can own an IP address or a name without a dot. */
export const isPrivateName = (host: string): boolean =>
  isIP(host) !== 0 || !host.includes('.') || host.endsWith('.localhost');
