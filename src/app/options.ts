import type { ValidationSession } from '../domain/validation-session.js';
import type { Policy } from '../domain/policy.js';
import type { Config } from './config.js';
import type { DomainOptions } from './container.js';
import { routeName } from './route-name.js';

/** Every released version whose identity API is still served; version 1 of the API makes it the old ones, too. */
export const SPEC_VERSIONS: readonly string[] = [
  'r0.1.0',
  'r0.2.0',
  'r0.2.1',
  'r0.3.0',
  ...Array.from({ length: 19 }, (_, minor) => `v1.${minor + 1}`),
];

/** What the domain services take from the configuration. */
export function domainOptions(config: Config, policies: readonly Policy[]): DomainOptions {
  const { publicUrl, name, otherNames } = config.server;
  const { lookup, validation, limits, bindings, invites } = config;
  return {
    lookup: { lifetimeMs: lookup.pepperLifetimeMs, graceMs: lookup.pepperGraceMs, maxAddresses: lookup.maxAddresses },
    sessions: {
      tokenLength: validation.tokenLength,
      codeLength: validation.codeLength,
      maxGuesses: limits.wrongCodes.perSession ?? Infinity,
      linkOf: (session, { brand }) => validationLink(publicUrl, session, brand),
    },
    bindings,
    invites: { publicUrl, webClient: invites.webClient, allowedWebClients: invites.allowedWebClients },
    quotas: limits,
    policies,
    serverNames: [name, ...otherNames],
    routeName: routeName(config),
  };
}

/** @param brand as it was asked for: untrusted, and left out if it is none that could exist */
function validationLink(
  publicUrl: string,
  { threepid, sid, clientSecret, token }: ValidationSession,
  brand = '',
): string {
  const query = new URLSearchParams({ sid, client_secret: clientSecret, token });
  if (/^[\w.-]{1,64}$/.test(brand)) query.set('brand', brand);
  return `${publicUrl}/_matrix/identity/v2/validate/${threepid.medium}/submitToken?${query.toString()}`;
}
