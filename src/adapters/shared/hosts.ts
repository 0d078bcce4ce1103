import { isIP } from 'node:net';

/** A host as URLs write it. */
export const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** A host out of a URL. */
export const outOfUrl = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether what is sent to this host stays on this machine. */
export const isLoopback = (host: string): boolean =>
  /^localhost\.?$/i.test(host) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Listening here is listening on every address. */
export const isEveryAddress = (host: string): boolean => host === '0.0.0.0' || host === '::';
