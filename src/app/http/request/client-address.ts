import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import { networkOf } from '../../../domain/identifiers/ip-network.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import type { Asker } from '../../../domain/rate-limiting/asker.js';
import { namesProxies } from '../../../domain/lookup/via-header.js';
import { inRanges } from './ip-ranges.js';

/** The origin of a request. */
export interface Client {
  /** The IP address of the client, or of the nearest hop to it that can be trusted. */
  readonly address: string;
  /** Whether that is the client itself, as far as this can be known. */
  readonly isVerified: boolean;
  /** Whether any header indicates a proxy. */
  readonly isForwarded: boolean;
}

export type ClientOf = (req: IncomingMessage) => Client;

/** Any of these headers indicates a proxy. */
const FORWARDING =
  /^(?:x-forwarded-.+|forwarded|forwarded-for|x-real-ip|x-(?:original|cluster-client|client|remote)-.*ip|x-(?:cluster-)?client-ip|x-original-(?:host|forwarded-for)|x-envoy-external-address|x-scheme|x-proxyuser-ip|(?:cf|fly|fastly|do|true|incap|appengine-user|x-appengine-user)-(?:connecting-ip|connecting-ipv6|client-ip|ip)|cdn-loop|cf-ray)$/;

/**
 * Evaluates `X-Forwarded-For` from its end while the addresses are in `trustedProxies` (CIDR ranges). The first
 * address outside is the client. Entries by untrusted hosts are ignored, and a request forwarded by an unknown proxy
 * has no certain client.
 */
export function clientOf(trustedProxies: readonly string[]): ClientOf {
  const isTrusted = inRanges(trustedProxies);
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '');
    const isForwarded = namesProxies(headers.via) || Object.keys(headers).some((header) => FORWARDING.test(header));
    if (!isForwarded) return { address, isVerified: true, isForwarded };
    if (!isTrusted(address)) return { address, isVerified: false, isForwarded };
    const hops = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((hop) => plain(hop.trim()));
    while (isTrusted(address)) {
      const hop = hops.pop();
      if (hop === undefined) return { address, isVerified: headers['x-forwarded-for'] !== undefined, isForwarded };
      if (isIP(hop) === 0) return { address, isVerified: false, isForwarded };
      address = hop;
    }
    return { address, isVerified: true, isForwarded };
  };
}

/**
 * The key under which a client is counted: an IPv6 address by its /64 network, and one key for all spellings of an
 * address.
 */
export const clientKey = (address: string): string => networkOf(plain(address));

/** The subject of rate limits. */
export type AskerOf = (req: IncomingMessage, user: Mxid | undefined) => Asker;

export const askerOf =
  (clientOf: ClientOf): AskerOf =>
  (req, user) => ({ user, client: clientKey(clientOf(req).address) });

/** Without port, brackets, zone, and the prefix of an IPv4 address on an IPv6 socket. */
function plain(address: string): string {
  const withoutPort = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  return withoutPort.replace(/%.*$/, '').replace(/^::ffff:(?=[\d.]+$)/i, '');
}
