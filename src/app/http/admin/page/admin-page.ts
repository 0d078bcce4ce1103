import { AdminViews } from '../../../../adapters/messaging/admin-views.js';
import type { Templates } from '../../../../adapters/messaging/templates.js';
import type { Clock } from '../../../../ports/clock.js';
import type { Random } from '../../../../ports/random.js';
import type { Services } from '../../../wiring/services.js';
import type { Endpoints } from '../../endpoints.js';
import type { Health } from '../health.js';
import { CheckRuns, type CheckResult } from './check-runs.js';
import { lookupPageEndpoints } from './lookup-page.js';
import { MetricHistory, type ReadCounter } from './metric-history.js';
import { mirrorPageEndpoints } from './mirror-pages.js';
import { overviewEndpoints } from './overview.js';
import { PageAccess, type ProxyOptions } from './page-access.js';
import { PageSessions } from './page-sessions.js';
import { signInEndpoints } from './sign-in.js';
import { SyncHistory } from './sync-history.js';
import { syncPageEndpoints } from './sync-pages.js';
import { SyncRuns } from './sync-runs.js';
import { peopleEndpoints } from './people.js';
import { type TryMessage, tryPageEndpoints } from './try-page.js';
import { protect, Views } from './views.js';

/** The name of all endpoints of the page in the counters. */
export const PAGE_ENDPOINT = '/page';

/** The page for administrators on the admin listener. */
export interface AdminPage {
  readonly endpoints: Endpoints;
  /** Where `islet admin open` gets its links. */
  readonly sessions: PageSessions;
  /** Ends streams of progress, which would keep the listener open. */
  close(): void;
  /** Takes a sample of the counters, for the charts. Call it every minute. */
  sample(): Promise<void>;
}

export interface AdminPageOptions extends ProxyOptions {
  readonly templates: Templates;
  readonly clock: Clock;
  readonly random: Random;
  readonly health: Pick<Health, 'ready'>;
  /** The values of a counter. */
  readonly read: ReadCounter;
  /** The checks of `islet doctor`. */
  readonly runChecks: () => Promise<readonly CheckResult[]>;
  /** Sends test messages. */
  readonly tries: TryMessage;
}

/** Views of the services that the admin API offers as JSON. */
export function adminPage(services: Services, options: AdminPageOptions): AdminPage {
  const { clock, random, templates } = options;
  const sessions = new PageSessions(random, clock);
  const views = new Views(new AdminViews(templates, () => clock.now()), new PageAccess(sessions, options));
  const history = new MetricHistory(options.read);
  const checks = new CheckRuns(options.runChecks, clock);
  const syncs = new SyncHistory();
  services.directorySyncService.onSynced((outcome) => syncs.add(outcome, clock.now()));
  const runs = new SyncRuns(random);
  return {
    sessions,
    close: () => runs.close(),
    sample: () => history.sample(clock.now()),
    endpoints: {
      ...lookupPageEndpoints(views, services.lookupService, clock),
      ...mirrorPageEndpoints(views, { ...services, syncs }),
      ...syncPageEndpoints(views, { ...services, runs }),
      ...peopleEndpoints(views, services),
      ...tryPageEndpoints(views, options.tries, services.adminService),
      ...overviewEndpoints(views, { ...services, ...options, history, checks }),
      ...signInEndpoints(views, sessions, services.adminService),
      '/page/page.js': {
        GET: (_req, res) => {
          protect(res);
          res.type('text/javascript').send(views.script());
        },
      },
    },
  };
}
