import { isEveryAddress } from '../../../adapters/shared/hosts.js';
import { parseServerName } from '../../../domain/identifiers/server-name.js';
import type { ConfigReader } from '../input/reader.js';
import type { Settings } from './settings.js';

/** The smallest prefix length of a private range; a shorter prefix covers a part of the Internet. */
const LEAST_BITS = { 4: 7, 6: 7 } as const;

/**
 * Who may use version 1 of the API, which admits clients by network. Behind a proxy that does not pass on client
 * addresses, all clients of the Internet appear to have one local address. If a proxy is necessary, no client is
 * therefore admitted by default.
 */
export function readV1({ v1, server, listen, invites }: Settings, reading: ConfigReader) {
  const { warnings } = reading;
  const isGiven = reading.isGiven(['v1', 'allowFrom']);
  const proxied = server.publicUrl === undefined ? undefined : proxiedHost(new URL(server.publicUrl), listen.port);
  const isUnnamed = proxied !== undefined && listen.trustedProxies.length === 0;
  const allowFrom = isUnnamed && !isGiven ? [] : v1.allowFrom;
  if (isUnnamed) {
    const callers = isGiven
      ? 'if it does not set X-Forwarded-For, v1.allowFrom allows everyone who comes through it'
      : 'the endpoints of API version 1 without authentication are closed (unless v1.allowFrom is set)';
    warnings.push(`listen.trustedProxies is empty, but ${server.publicUrl} needs a proxy: ${callers}`);
  }
  for (const range of allowFrom.filter(isWide)) {
    warnings.push(`v1.allowFrom has ${range}: people without an account can read the directory and send messages`);
  }
  const origins = [server.publicUrl, invites.webClient, ...invites.allowedWebClients, ...v1.allowOrigins];
  const names = [server.name, ...server.otherNames, ...v1.allowHosts].map(
    (name) => parseServerName(name)?.host ?? name,
  );
  const listens = isEveryAddress(listen.host) ? [] : [listen.host];
  const reached = server.publicUrl === undefined ? [] : [new URL(server.publicUrl).hostname];
  return {
    bind: v1.bind,
    allowFrom,
    allowOrigins: origins.flatMap((url) => (url === undefined ? [] : new URL(url).origin)),
    hosts: [...names, ...listens, ...reached].map((host) => host.toLowerCase()),
    proxiedHost: proxied,
  };
}

/** The host of the proxy that is necessary for this URL: Islet speaks no TLS and listens on no other port. */
function proxiedHost({ protocol, hostname, port }: URL, listenPort: number): string | undefined {
  const isOurs = protocol === 'http:' && (listenPort === 0 || Number(port || 80) === listenPort);
  return isOurs ? undefined : hostname.toLowerCase();
}

function isWide(range: string): boolean {
  const [address = '', bits] = range.split('/');
  return Number(bits) < LEAST_BITS[address.includes(':') ? 6 : 4];
}
