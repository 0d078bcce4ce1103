import { isServerName } from '../../domain/identifiers/server-name.js';
import type { AccountOptions } from '../../domain/accounts/account-service.js';
import type { BindingOptions } from '../../domain/bindings/binding-service.js';
import type { InviteLinkOptions } from '../../domain/invites/invite-link.js';
import type { PepperOptions } from '../../domain/peppers/pepper-service.js';
import type { QuotaOptions } from '../../domain/rate-limiting/quotas.js';
import type { RetentionOptions } from '../../domain/admin/retention-service.js';
import type { ValidationOptions } from '../../domain/validation/validation-service.js';
import type { ValidationSession } from '../../domain/validation/validation-session.js';
import type { Policy } from '../../domain/accounts/policy.js';
import type { Config } from '../config/config.js';
import type { SearchOptions } from './search-module.js';
import { serverIdentity } from './server-identity.js';

/** The options of the domain services. */
export interface DomainOptions {
  readonly lookup: PepperOptions & { readonly maxAddresses: number };
  readonly sessions: ValidationOptions;
  readonly bindingService: BindingOptions;
  /** Whether Islet's own bindings are returned only for users with an account. */
  readonly checksBindings: boolean;
  readonly inviteService: InviteLinkOptions;
  readonly quotas: QuotaOptions;
  readonly accounts: AccountOptions;
  readonly retention: RetentionOptions;
  /** The policies that users have to accept, each in its current version. */
  readonly policies: readonly Policy[];
  /** All names under which homeservers may know this server. */
  readonly serverNames: readonly string[];
  /** The id of this server in the route of a lookup between identity servers. */
  readonly serverIdentity: string;
  /** Absent if the search by name is not configured. */
  readonly search?: SearchOptions;
}

/** All released versions whose identity API is still supported. Version 1 of the API adds the old ones. */
export const SPEC_VERSIONS: readonly string[] = [
  'r0.1.0',
  'r0.2.0',
  'r0.2.1',
  'r0.3.0',
  ...Array.from({ length: 19 }, (_, minor) => `v1.${minor + 1}`),
];

/** The options of the domain services. */
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
    retention: config.retention,
    quotas: { ...limits, knownHomeservers: knownHomeservers(config) },
    policies,
    serverNames: [...new Set([name, ...otherNames, new URL(publicUrl).host])],
    serverIdentity: serverIdentity(config),
    ...(config.search && { search: config.search }),
  };
}

/** The homeservers whose users may sign in; `undefined` for all. A homeserver with a configured URL is allowed. */
const servedHomeservers = ({ homeservers, federation: { allowedServers } }: Config): readonly string[] | undefined =>
  allowedServers && [...allowedServers, ...Object.keys(homeservers)];

/** The homeservers in the configuration, whose operators are therefore known. */
const knownHomeservers = ({ homeservers, federation, limits }: Config): readonly string[] => [
  ...Object.keys(homeservers),
  ...(federation.allowedServers ?? []),
  ...Object.keys(limits.servers).filter(isServerName),
];

/** @param brand as requested: untrusted, and omitted if it is not a valid brand name */
function validationLink(
  publicUrl: string,
  { threepid, sid, clientSecret, token }: ValidationSession,
  brand = '',
): string {
  const query = new URLSearchParams({ sid, client_secret: clientSecret, token });
  if (/^[\w.-]{1,64}$/.test(brand)) query.set('brand', brand);
  return `${publicUrl}/_matrix/identity/v2/validate/${threepid.medium}/submitToken?${query.toString()}`;
}
