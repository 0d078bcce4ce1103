import express, { type Express } from 'express';
import type { TermsDirectory } from '../../adapters/terms/terms-directory.js';
import type { Services } from '../services.js';
import { accountEndpoints } from './accounts.js';
import { agreedTo, signedIn } from './auth.js';
import { clientOf } from './client.js';
import { cors } from './cors.js';
import { bareApp } from './bare-app.js';
import { type Dialect, v1Dialect, v2Dialect } from './dialect.js';
import { type Endpoints, mount } from './endpoints.js';
import { answerErrors } from './errors.js';
import { inviteEndpoints } from './invites.js';
import { keyEndpoints } from './keys.js';
import { lookupEndpoints } from './lookup.js';
import { normalPath } from './normal-path.js';
import type { Pages } from './pages.js';
import { Rejected } from './rejected.js';
import { requestLog } from './request-log.js';
import { requestTokenEndpoints } from './request-token.js';
import { signEndpoints } from './sign-invite.js';
import { submitTokenEndpoints } from './submit-token.js';
import { termsEndpoints, termsPages } from './terms.js';
import { threepidEndpoints } from './threepids.js';
import { unbindEndpoints } from './unbind.js';
import { v1Access } from './v1-access.js';
import { v1LookupEndpoints } from './v1-lookups.js';
import { pingEndpoints, versionEndpoints } from './versions.js';

/** Below what every proxy passes on. */
export const TERMS_PATH = '/_matrix/identity/terms';

export interface HttpOptions {
  /** Where clients and homeservers reach us, without a slash at the end. */
  readonly publicUrl: string;
  /** Versions of the specification to announce. */
  readonly versions: readonly string[];
  /** Proxies whose `X-Forwarded-For` is believed, as CIDR ranges. */
  readonly trustedProxies: readonly string[];
  /** Who may use the part of v1 that has no authentication, as CIDR ranges. */
  readonly v1: { readonly allowFrom: readonly string[] };
  /** Whether a mailed link asks for a press of a button before it validates. */
  readonly confirmPage: boolean;
  /** Most addresses that one bulk lookup of v1 may name. */
  readonly maxAddresses: number;
  /** Longest request, decompressed. 10,000 hashes are 470 kB. */
  readonly maxBodyBytes: number;
  readonly pages: Pages;
  /** The texts that users accept, as far as they are pages of ours. */
  readonly documents: TermsDirectory['documents'];
}

/** The Identity Service API. */
export function httpApp(services: Services, options: HttpOptions): Express {
  const { accounts, sessions, lookups, bindings, invites, quotas, signer, telemetry, terms, requestAuth } = services;
  const who = signedIn(accounts);
  const agreed = agreedTo(terms, who);
  const client = clientOf(options.trustedProxies);
  const allowV1 = v1Access(options.v1.allowFrom, client);

  const common = (dialect: Dialect): Endpoints => ({
    ...pingEndpoints,
    ...keyEndpoints(signer, invites),
    ...requestTokenEndpoints(sessions, dialect, client, options.pages),
    ...submitTokenEndpoints(sessions, dialect, options),
    ...threepidEndpoints(sessions, bindings, dialect),
    ...inviteEndpoints(invites, dialect, options.publicUrl, options.pages),
    ...signEndpoints(invites, dialect),
  });

  const app = bareApp();
  app.use(requestLog(telemetry), cors, normalPath);
  app.use(express.raw({ type: () => true, limit: options.maxBodyBytes }));
  mount(app, '/_matrix/identity', versionEndpoints(options.versions));
  mount(app, TERMS_PATH, termsPages(options.documents, options.pages));
  mount(app, '/_matrix/identity/v2', {
    ...common(v2Dialect(agreed)),
    ...unbindEndpoints(bindings, requestAuth, '/_matrix/identity/v2'),
    ...accountEndpoints(accounts, agreed),
    ...termsEndpoints(terms, who),
    ...lookupEndpoints(lookups, quotas, agreed),
  });
  mount(app, '/_matrix/identity/api/v1', {
    ...common(v1Dialect(allowV1)),
    ...unbindEndpoints(bindings, requestAuth, '/_matrix/identity/api/v1'),
    ...v1LookupEndpoints(lookups, bindings, options.maxAddresses, allowV1),
  });
  app.use(() => {
    throw new Rejected('endpoint_unknown', 'There is no such endpoint');
  });
  app.use(answerErrors(telemetry));
  return app;
}
