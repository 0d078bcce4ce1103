import type { RequestListener } from 'node:http';
import type { TermsDirectory } from '../../adapters/terms/terms-directory.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import type { Services } from '../wiring/services.js';
import { accountEndpoints } from './api/accounts.js';
import { requireTerms, requireUser } from './request/authentication.js';
import { readBody } from './request/body-limit.js';
import { askerOf, clientOf } from './request/client-address.js';
import { cors } from './cors.js';
import { createExpressApp } from './express-app.js';
import { type ApiVersion, apiV1, apiV2 } from './request/api-version.js';
import { type Endpoints, endpointsOf, Mounting } from './endpoints.js';
import { answerErrors } from './errors.js';
import { inviteEndpoints } from './api/store-invite.js';
import { keyEndpoints } from './api/pubkey.js';
import { lookupEndpoints } from './api/lookup.js';
import { normalPath } from './request/normalize-path.js';
import type { Pages } from './pages.js';
import { RequestError } from './request-error.js';
import type { RequestProbes } from './request-probe.js';
import { answerPlain } from './plain-endpoints.js';
import { requestLog } from './request-log.js';
import { requestTokenEndpoints } from './api/request-token.js';
import { signEndpoints } from './api/sign-ed25519.js';
import { submitTokenEndpoints } from './api/submit-token.js';
import { termsEndpoints, termsPages } from './api/terms.js';
import { threepidEndpoints, type V1BindOptions } from './api/threepid.js';
import { userDirectoryEndpoints, type UserDirectoryOptions } from './api/user-directory.js';
import { unbindEndpoints } from './api/unbind.js';
import { causeOf } from './request/cause.js';
import { v1Access, type V1AccessOptions } from './request/v1-access.js';
import { v1LookupEndpoints } from './api/v1-lookup.js';
import { pingEndpoints, versionEndpoints } from './api/versions.js';
import { TERMS_PATH } from '../wiring/open-terms.js';

export interface HttpOptions {
  /** The URL at which clients and homeservers reach this server, without a trailing slash. */
  readonly publicUrl: string;
  /** Versions of the specification to announce. */
  readonly versions: readonly string[];
  /** Proxies whose `X-Forwarded-For` is trusted, as CIDR ranges. */
  readonly trustedProxies: readonly string[];
  /** Who may use the part of v1 that has no authentication, and which users may be bound there. */
  readonly v1: V1AccessOptions & V1BindOptions;
  /** The allowed hosts, with ports, for the page after a mailed link. */
  readonly nextLinkHosts: readonly string[];
  /** Whether a mailed link validates only after a button is pressed. */
  readonly confirmPage: boolean;
  /** The maximum number of addresses in one bulk lookup of v1. */
  readonly maxAddresses: number;
  /** The maximum size of a lookup, decompressed. 10,000 hashes are 470 kB. All other requests are far smaller. */
  readonly maxBodyBytes: number;
  /** The accounts that other identity servers use for lookups here. */
  readonly identityServers?: readonly Mxid[];
  /** Requests that the administrator traces. */
  readonly probes?: RequestProbes;
  readonly pages: Pages;
  /** The documents that users accept, if they are pages of this server. */
  readonly documents: TermsDirectory['documents'];
  /** The options of the search by name, if it is configured. */
  readonly search?: UserDirectoryOptions | undefined;
}

export interface HttpApp {
  readonly answer: RequestListener;
  /** The paths of all endpoints as declared. */
  readonly endpoints: readonly string[];
}

/** The Identity Service API. */
export function httpApp(services: Services, options: HttpOptions): HttpApp {
  const {
    accountService,
    validationService,
    lookupService,
    bindingService,
    inviteService,
    quotas,
    signer,
    telemetry,
    termsService,
    requestAuthenticator,
  } = services;
  const user = requireUser(accountService);
  const agreed = requireTerms(termsService, user);
  const agreedForLookup = requireTerms(termsService, requireUser(accountService, true), true);
  const client = clientOf(options.trustedProxies);
  const asker = askerOf(client);
  const cause = causeOf(client);
  const allowV1 = v1Access(options.v1, client);

  const common = (apiVersion: ApiVersion): Endpoints => ({
    ...pingEndpoints,
    ...keyEndpoints(signer, inviteService),
    ...requestTokenEndpoints(validationService, apiVersion, asker, options.pages, options.nextLinkHosts),
    ...submitTokenEndpoints(validationService, apiVersion, options),
    ...threepidEndpoints(validationService, bindingService, apiVersion, cause, options.v1),
    ...inviteEndpoints(inviteService, apiVersion, asker, cause, options.publicUrl, options.pages),
    ...signEndpoints(inviteService, apiVersion),
  });

  const app = createExpressApp(requestLog(telemetry, true), cors, normalPath, (req, _res, next) => {
    options.probes?.notice(req, client, allowV1);
    next();
  });
  app.use(readBody(options.maxBodyBytes));
  const mounting = new Mounting(app);
  const mount = mounting.mount.bind(mounting);
  mount('/_matrix/identity', versionEndpoints(options.versions));
  mount(TERMS_PATH, termsPages(options.documents, options.pages));
  mount('/_matrix/identity/v2', {
    ...common(apiV2(agreed)),
    ...unbindEndpoints(bindingService, requestAuthenticator, '/_matrix/identity/v2', cause),
    ...accountEndpoints(accountService, agreed, asker, cause),
    ...termsEndpoints(termsService, user, cause),
    ...lookupEndpoints(lookupService, quotas, agreedForLookup, asker, options.identityServers),
  });
  mount('/_matrix/identity/api/v1', {
    ...common(apiV1(allowV1)),
    ...unbindEndpoints(bindingService, requestAuthenticator, '/_matrix/identity/api/v1', cause),
    ...v1LookupEndpoints({ lookupService, bindingService, quotas }, options.maxAddresses, allowV1, asker),
  });
  if (services.search && options.search) {
    const endpoints = userDirectoryEndpoints({ ...services.search, telemetry }, options.search, client);
    for (const version of ['r0', 'v3']) mount(`/_matrix/client/${version}`, endpoints);
  }
  app.use(() => {
    throw new RequestError('endpoint_unknown', 'There is no such endpoint');
  });
  app.use(answerErrors(telemetry));
  return {
    answer: answerPlain(mounting.plain, { telemetry, maxBodyBytes: options.maxBodyBytes, otherwise: app }),
    endpoints: endpointsOf(app),
  };
}
