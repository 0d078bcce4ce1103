import { isServerName } from '../../domain/identifiers/server-name.js';
import type { AccountOptions } from '../../domain/accounts/account-service.js';
import type { BindingOptions } from '../../domain/bindings/binding-service.js';
import type { InviteLinkOptions } from '../../domain/invites/invite-link.js';
import type { PepperOptions } from '../../domain/peppers/pepper-service.js';
import type { QuotaOptions } from '../../domain/rate-limiting/quotas.js';
import type { ValidationOptions } from '../../domain/validation/validation-service.js';
import type { ValidationSession } from '../../domain/validation/validation-session.js';
import type { Policy } from '../../domain/accounts/policy.js';
import type { Config } from '../config/config.js';
import type { SearchOptions } from './search-module.js';
import { serverIdentity } from './server-identity.js';

/** What the domain services take from the configuration. */
export interface DomainOptions {
  readonly lookup: PepperOptions & { readonly maxAddresses: number };
  readonly sessions: ValidationOptions;
  readonly bindingService: BindingOptions;
  /** Whether our own bindings are answered only of users who have an account. */
  readonly checksBindings: boolean;
  readonly inviteService: InviteLinkOptions;
  readonly quotas: QuotaOptions;
  readonly accounts: AccountOptions;
  /** What users have to accept, each policy in its current version. */
  readonly policies: readonly Policy[];
  /** Every name by which homeservers may know us. */
  readonly serverNames: readonly string[];
  /** What we are called in the path of a question from one identity server to the next. */
  readonly serverIdentity: string;
  /** Absent: people are not searched by name. */
  readonly search?: SearchOptions;
}

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
  const { lookup, validation, limits, bindings, invites, accessTokens } = config;
  return {
    lookup: { lifetimeMs: lookup.pepperLifetimeMs, graceMs: lookup.pepperGraceMs, maxAddresses: lookup.maxAddresses },
    sessions: {
      tokenLength: validation.tokenLength,
      codeLength: validation.codeLength,
      maxGuesses: limits.wrongCodes.perSession ?? Infinity,
      linkOf: (session, { brand }) => validationLink(publicUrl, session, brand),
    },
    bindingService: bindings,
    checksBindings: bindings.accounts === 'check',
    inviteService: { publicUrl, webClient: invites.webClient, allowedWebClients: invites.allowedWebClients },
    accounts: {
      tokensPerUser: accessTokens.perUser,
      outageMs: lookup.withoutDatabaseMs,
      idleMs: accessTokens.idleLifetimeMs,
      servedHomeservers: servedHomeservers(config),
    },
    quotas: { ...limits, knownHomeservers: knownHomeservers(config) },
    policies,
    serverNames: [...new Set([name, ...otherNames, new URL(publicUrl).host])],
    serverIdentity: serverIdentity(config),
    ...(config.search && { search: config.search }),
  };
}

/** Homeservers whose users may sign in; `undefined` is all. One that is reached by a URL of its own is allowed by that. */
const servedHomeservers = ({ homeservers, federation: { allowedServers } }: Config): readonly string[] | undefined =>
  allowedServers && [...allowedServers, ...Object.keys(homeservers)];

/** Homeservers that the configuration names, so that their operators are known. */
const knownHomeservers = ({ homeservers, federation, limits }: Config): readonly string[] => [
  ...Object.keys(homeservers),
  ...(federation.allowedServers ?? []),
  ...Object.keys(limits.servers).filter(isServerName),
];

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
