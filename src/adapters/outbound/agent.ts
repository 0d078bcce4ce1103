import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { HttpRequest } from '../../ports/http-client.js';
import { ADDRESS_ATTEMPT_MS } from '../shared/address-attempts.js';
import { outOfUrl } from '../shared/hosts.js';
import { verifiedTls } from '../shared/tls-options.js';
import type { AddressGuard } from './address-guard.js';
import { forbiddenAddress, guardedLookup } from './guarded-lookup.js';

/** Shorter than any server keeps idle connections, so none is used that the other side is about to close. */
const IDLE_MS = 1_000;

export type Hop = Pick<HttpRequest, 'ca' | 'clientCertificate' | 'tlsName' | 'connectTo'>;

/** Keeps connections to the hops that the operator chose: a new one costs ten times a request. */
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
 * What opens the connections of a hop: to where it says, with the certificate it asks for, and with
 * `guard` only to addresses that are not forbidden. The check is on the address that is connected
 * to, so a name cannot change its mind in between.
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
    // Literal addresses are never looked up.
    if (guard && isIP(host) !== 0 && guard.isForbidden(host)) throw forbiddenAddress(host);
    return connect(to, callback);
  };
  return agent;
}
