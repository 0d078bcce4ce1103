import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { HttpRequest } from '../../ports/http-client.js';
import { ADDRESS_ATTEMPT_MS } from '../shared/address-attempts.js';
import { outOfUrl } from '../shared/hosts.js';
import { verifiedTls } from '../shared/tls-options.js';
import type { AddressGuard } from './address-guard.js';
import { forbiddenAddress, guardedLookup } from './guarded-lookup.js';

/** Shorter than the keep-alive timeout of servers, so that no connection is used that the server is about to close. */
const IDLE_MS = 1_000;

export type Hop = Pick<HttpRequest, 'ca' | 'clientCertificate' | 'tlsName' | 'connectTo'>;

/** Keep-alive agents for configured hops: a new connection costs ten times as much as a request. */
export class Agents {
  private readonly kept = new Map<string, http.Agent>();

  for(url: URL, endpoint: Hop): http.Agent {
    const { ca, clientCertificate, tlsName, connectTo } = endpoint;
    const key = JSON.stringify([url.origin, ca, clientCertificate, tlsName, connectTo]);
    const agent = this.kept.get(key) ?? createAgent(url, endpoint, { keepAlive: true, timeout: IDLE_MS });
    this.kept.set(key, agent);
    return agent;
  }
}

/**
 * An agent that connects to the address of the hop with its certificates, and with `guard` only to permitted addresses.
 * The check applies to the address that is connected to, so that DNS rebinding has no effect.
 */
export function createAgent(
  url: URL,
  { ca, clientCertificate, tlsName, connectTo }: Hop,
  options: http.AgentOptions,
  guard?: AddressGuard,
): http.Agent {
  const agent =
    url.protocol === 'https:'
      ? new https.Agent({ ...options, ...verifiedTls(tlsName ?? outOfUrl(url.hostname), { ca, clientCertificate }) })
      : new http.Agent(options);
  const connect = agent.createConnection.bind(agent);
  const route = {
    ...connectTo,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    ...(guard && { lookup: guardedLookup(guard) }),
  };
  agent.createConnection = (options, callback) => {
    const to = { ...options, ...route };
    const host = to.host ?? '';
    // Literal addresses do not go through `lookup`.
    if (guard && isIP(host) !== 0 && guard.isForbidden(host)) throw forbiddenAddress(host);
    return connect(to, callback);
  };
  return agent;
}
