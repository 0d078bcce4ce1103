import { isIP } from 'node:net';

/** A host as it appears in URLs. */
export const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** A host name from a URL, without the brackets of IPv6. */
export const outOfUrl = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether traffic to this host stays on this machine. */
export const isLoopback = (host: string): boolean =>
  /^localhost\.?$/i.test(host) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Whether listening on this host means listening on all addresses. */
export const isEveryAddress = (host: string): boolean => host === '0.0.0.0' || host === '::';
