import { isIP } from 'node:net';
import type { Request } from 'express';
import { networkOf } from '../../../domain/identifiers/ip-network.js';
import type { Mxid } from '../../../domain/identifiers/mxid.js';
import type { Asker } from '../../../domain/rate-limiting/asker.js';
import { namesProxies } from '../../../domain/lookup/via-header.js';
import { inRanges } from './ip-ranges.js';

/** Where a request comes from. */
export interface Client {
  /** The IP address of the client, or of the nearest hop to it that can be believed. */
  readonly address: string;
  /** Whether that is the client itself, as far as anybody can tell. */
  readonly isVerified: boolean;
  /** Whether anything says that somebody passed it on. */
  readonly isForwarded: boolean;
}

export type ClientOf = (req: Request) => Client;

/** Any of these says that somebody passed the request on. */
const FORWARDING =
  /^(?:x-forwarded-.+|forwarded|forwarded-for|x-real-ip|x-(?:original|cluster-client|client|remote)-.*ip|x-(?:cluster-)?client-ip|x-original-(?:host|forwarded-for)|x-envoy-external-address|x-scheme|x-proxyuser-ip|(?:cf|fly|fastly|do|true|incap|appengine-user|x-appengine-user)-(?:connecting-ip|connecting-ipv6|client-ip|ip)|cdn-loop|cf-ray)$/;

/**
 * Follows `X-Forwarded-For` from its near end as far as `trustedProxies` (CIDR ranges) vouch for it:
 * the first address that is none of theirs is the client. What anybody else writes there is not
 * believed, and a request that an unknown proxy passed on has no certain client.
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

/** By what a client is counted: IPv6 by its network of 64 bits, and an address in all its spellings as one. */
export const clientKey = (address: string): string => networkOf(plain(address));

/** Who asks, as limits count. */
export type AskerOf = (req: Request, user: Mxid | undefined) => Asker;

export const askerOf =
  (clientOf: ClientOf): AskerOf =>
  (req, user) => ({ user, client: clientKey(clientOf(req).address) });

/** Without port, brackets, zone, and the prefix of an IPv4 address on an IPv6 socket. */
function plain(address: string): string {
  const withoutPort = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  return withoutPort.replace(/%.*$/, '').replace(/^::ffff:(?=[\d.]+$)/i, '');
}
