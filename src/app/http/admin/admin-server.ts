import { type Express, type Request, Router } from 'express';
import { sameSecret } from '../../../domain/validation/validation-session.js';
import type { Clock } from '../../../ports/clock.js';
import { operationsByText } from '../../../domain/admin/text-admin-service.js';
import { BY_ISLET } from '../../../domain/shared/cause.js';
import type { Services } from '../../wiring/services.js';
import { adminAuditEndpoints } from './audit.js';
import { adminBackupEndpoints, type DatabaseCopies } from './backup.js';
import { adminDirectoryEndpoints, type CheckableDirectory } from './directories.js';
import { adminLookupEndpoints } from './lookup.js';
import { adminMirrorEndpoints } from './mirrors.js';
import { adminOperationEndpoints } from './operations.js';
import { adminProbeEndpoints } from './probes.js';
import { adminSearchEndpoints } from './search.js';
import { type AdminPage, PAGE_ENDPOINT } from './page/admin-page.js';
import { signInLinkEndpoints } from './page/sign-in.js';
import { createExpressApp } from '../express-app.js';
import { type Health, healthEndpoints } from './health.js';
import { type Endpoints, Mounting } from '../endpoints.js';
import { answerErrors } from '../errors.js';
import { hostIn, isPrivateName } from '../request/v1-access.js';
import { operatorCause } from '../request/cause.js';
import { RequestError } from '../request-error.js';
import { requestLog } from '../request-log.js';
import { RequestProbes } from '../request-probe.js';
import { errorText } from '../../../domain/shared/error-text.js';
import { bearerToken } from '../request/bearer-token.js';

export interface AdminOptions {
  /**
   * Must be sent as `Authorization: Bearer …` with each request that changes something or returns data about people.
   */
  readonly adminToken: string;
  /**
   * The host name of the listener. Requests under any other name are refused, because an attacker can make another
   * name resolve to this address.
   */
  readonly host?: string;
  /** Further names, under which reverse proxies reach it; a port is ignored. */
  readonly hosts?: readonly string[];
  /** Absent: there is no page for administrators. */
  readonly page?: AdminPage | undefined;
  readonly health: Health;
  readonly clock: Clock;
  /** Absent if the database has its own backup tools. */
  readonly copies?: DatabaseCopies | undefined;
  /** The LDAP directories. */
  readonly directories?: readonly CheckableDirectory[];
  /** The same object as for the public listener. */
  readonly probes?: RequestProbes;
}

type AdminServices = Pick<
  Services,
  'lookupService' | 'mirrorService' | 'directorySyncService' | 'adminService' | 'search'
>;

/** The app for operators and their tools, on a separate listener. Other web pages may not use it: no CORS. */
export function adminApp(services: AdminServices & Pick<Services, 'telemetry'>, options: AdminOptions): Express {
  const allow = (req: Request) => {
    if (!sameSecret(bearerToken(req) ?? '', options.adminToken)) {
      throw new RequestError(
        'admin_token_wrong',
        'This request needs the admin token in the header Authorization: Bearer',
      );
    }
  };
  const names = [options.host?.toLowerCase() ?? [], (options.hosts ?? []).map(hostIn)].flat();
  const app = createExpressApp((req, _res, next) => {
    const host = hostIn(req.headers.host);
    if (isPrivateName(host) || names.includes(host)) return next();
    throw new RequestError(
      'host_not_allowed',
      'The admin listener answers only under its IP address or the names in admin.host and admin.hosts',
    );
  });
  // Before the request log, because they are requested every few seconds.
  new Mounting(app).mount('', healthEndpoints(options.health));
  app.use(requestLog(services.telemetry, false));
  // Mounted anew: otherwise endpoints without parameters would be found before the request log.
  new Mounting(app).mount('', protectedEndpoints(services, options, allow));
  if (options.page) {
    const router = Router({ caseSensitive: true, strict: true });
    new Mounting(router, PAGE_ENDPOINT).mount('', options.page.endpoints);
    app.use(router);
  }
  app.use(() => {
    throw new RequestError('endpoint_unknown', 'There is no such endpoint');
  });
  app.use(answerErrors(services.telemetry, (fault) => `Internal error, see the log of Islet: ${errorText(fault)}`));
  return app;
}

/**
 * All endpoints by path, as described in `docs/reference/admin-api.md`.
 *
 * @param allow throws if the caller is not authorized
 */
export const adminEndpoints = (
  services: AdminServices,
  options: Pick<AdminOptions, 'health' | 'clock' | 'copies' | 'directories' | 'probes' | 'page'>,
  allow: (req: Request) => void,
): Endpoints => ({ ...healthEndpoints(options.health), ...protectedEndpoints(services, options, allow) });

const protectedEndpoints = (
  { lookupService, mirrorService, directorySyncService, adminService, search }: AdminServices,
  {
    clock,
    copies,
    directories = [],
    probes = new RequestProbes(),
    page,
  }: Pick<AdminOptions, 'clock' | 'copies' | 'directories' | 'probes' | 'page'>,
  allow: (req: Request) => void,
): Endpoints => ({
  ...adminLookupEndpoints(lookupService, clock, allow),
  ...adminSearchEndpoints(search?.peopleSearchService, allow),
  ...adminDirectoryEndpoints(directories, allow),
  ...adminMirrorEndpoints(mirrorService, directorySyncService, adminService, allow),
  ...adminOperationEndpoints((req, res) => operationsByText(adminService, operatorCause(req, res)), allow),
  ...adminAuditEndpoints(() => operationsByText(adminService, BY_ISLET), allow),
  ...adminBackupEndpoints(copies, adminService, allow),
  ...adminProbeEndpoints(probes, allow),
  ...signInLinkEndpoints(page?.sessions, allow),
});
