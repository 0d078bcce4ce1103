import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { HttpRequest } from '../../ports/http-client.js';
import { checkHost } from '../shared/verify-host.js';
import type { AddressGuard } from './address-guard.js';
import { forbiddenAddress, guardedLookup } from './guarded-lookup.js';

/** Shorter than any server keeps idle connections, so none is used that the other side is about to close. */
const IDLE_MS = 1_000;

/** Node gives each address of a name a quarter of a second, less than a connection across the world may take. */
const ADDRESS_ATTEMPT_MS = 2_000;

export type Hop = Pick<HttpRequest, 'ca' | 'tlsName' | 'connectTo'>;

/** Keeps connections to the hops that the operator chose: a new one costs ten times a request. */
export class Agents {
  private readonly kept = new Map<string, http.Agent>();

  for(url: URL, endpoint: Hop): http.Agent {
    const key = JSON.stringify([url.origin, endpoint.ca, endpoint.tlsName, endpoint.connectTo]);
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
  { ca, tlsName, connectTo }: Hop,
  options: http.AgentOptions,
  guard?: AddressGuard,
): http.Agent {
  const agent =
    url.protocol === 'https:'
      ? new https.Agent({ ...options, ...tlsOptions(tlsName ?? bare(url.hostname), ca) })
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

/** Everything said outright, so that neither the environment nor a Host header can change it. */
const tlsOptions = (name: string, ca: string | undefined): https.AgentOptions => ({
  rejectUnauthorized: true,
  servername: isIP(name) === 0 ? name : '',
  checkServerIdentity: (_host, certificate) => checkHost(name, certificate),
  ...(ca !== undefined && { ca }),
});

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
