import { monitorDatabase } from '../adapters/knex/database-monitor.js';
import { countSkipped, countRows } from '../adapters/knex/row-counts.js';
import type { LogTelemetry } from '../adapters/system/log-telemetry.js';
import { AccountStatusCache } from '../domain/account-checks/account-status-cache.js';
import { AccountProber } from '../domain/account-checks/account-prober.js';
import { AccountCheckRunner } from '../domain/account-checks/account-check-runner.js';
import { SignInReview } from '../domain/accounts/sign-in-review.js';
import { IndexUpdater } from '../domain/hash-index/index-updater.js';
import { PepperService } from '../domain/peppers/pepper-service.js';
import { AuditLog } from '../ports/audit-log.js';
import { ChangeFeed } from '../ports/change-feed.js';
import { Clock } from '../ports/clock.js';
import { HashIndex } from '../ports/hash-index.js';
import { Homeservers } from '../ports/homeservers.js';
import { JobQueue } from '../ports/job-queue.js';
import { Random } from '../ports/random.js';
import { RateLimits } from '../ports/rate-limits.js';
import { MessageSender } from '../ports/message-sender.js';
import { scheduleAccountChecks } from './background/account-check-schedule.js';
import { openDatabaseCopies } from './http/admin/database-copies.js';
import { openAdminToken } from './http/admin/admin-token.js';
import { checkedIn } from './wiring/configured-source.js';
import type { Config } from './config/config.js';
import { endpointsOf } from './http/endpoints.js';
import { openReadiness } from './http/admin/readiness.js';
import { adminApp } from './http/admin/admin-server.js';
import { adminPage, PAGE_ENDPOINT } from './http/admin/page/admin-page.js';
import { countersIn } from './http/admin/page/counters-in.js';
import { listen } from './http/listen.js';
import { RequestProbes } from './http/request-probe.js';
import type { WorkerLink } from './http/workers/worker-link.js';
import { httpApp } from './http/server.js';
import { unreadableRequests } from './http/unreadable-requests.js';
import { jobHandlers } from './background/job-handlers.js';
import { JobWorker } from './background/job-worker.js';
import { writePidFile } from './installation/pid-file.js';
import { closeAll } from './wiring/close-all.js';
import { openApp } from './wiring/open-app.js';
import { tryMessages } from './wiring/try-messages.js';
import { ldapIn } from './wiring/open-sources.js';
import { nextLinkHosts, v1Bindable } from './wiring/http-options.js';
import { SPEC_VERSIONS } from './wiring/domain-options.js';
import { jobHolder } from './wiring/server-identity.js';
import { deliverAudit } from './background/audit-delivery.js';
import { runPeriodically } from './background/periodic.js';
import { startSchedules } from './background/start-schedules.js';
import { openGauges } from './http/metrics/gauges.js';
import { knownValues } from './http/metrics/known-values.js';
import type { Services } from './wiring/services.js';
import { scheduleSealing } from './background/sealing-schedule.js';
import { scheduleMirrorSyncs } from './background/mirror-schedule.js';
import { checkUnmirroredDirectories } from './background/directory-self-check.js';
import { inUrl } from '../adapters/shared/hosts.js';
import { MINUTE_MS } from '../domain/shared/durations.js';

const HEALTH_MS = 10_000;
const ACCOUNT_REVIEW_MS = 6 * 60 * MINUTE_MS;
/** 10,000 hashes, the maximum of one lookup, are 470 kB. */
const MAX_BODY_BYTES = 1024 * 1024;

export interface Islet {
  /** The URL for clients. */
  readonly url: string;
  /** Absent for workers after the first one. */
  readonly adminUrl: string | undefined;
  readonly services: Services;
  /** Rereads secret files, and retries secrets that were refused. */
  reloadSecrets(): void;
  /** Opens the file of the audit trail again after log rotation has renamed it. */
  reopenAudit(): void;
  /** Accepts no more requests, finishes the current ones, and stops everything. */
  close(): Promise<void>;
}

/**
 * Starts the server: the listeners for clients and operators, the schedules for mirrors and peppers, and the job
 * worker.
 *
 * @param worker the link to the other processes on the same address, if there are any
 * @throws an error that names what could not be opened or listened on
 */
export async function serve(config: Config, telemetry: LogTelemetry, worker?: WorkerLink): Promise<Islet> {
  const opened = await openApp(config, telemetry);
  const closing: (() => Promise<unknown>)[] = [() => opened.close()];
  try {
    const { container, services, configuredSources, templates, db } = opened;
    const database = await monitorDatabase(
      db,
      telemetry,
      `hashed lookups continue from memory for ${config.lookup.withoutDatabaseMs / MINUTE_MS} minutes`,
    );
    closing.push(() => database.close());
    const clock = container.get(Clock);
    const pepperService = container.get(PepperService);
    await pepperService.rotateIfDue();
    const feed = container.get(ChangeFeed);
    const indexUpdater = container.get(IndexUpdater);
    await indexUpdater.start();
    void services.search?.nameIndexUpdater
      .start()
      .catch((cause: unknown) =>
        telemetry.warn('names for the search could not be read, will be retried', { event: 'names_failed' }, cause),
      );
    const accountStatuses = container.get(AccountStatusCache);
    const prober = container.get(AccountProber);
    const isChecking = checkedIn(configuredSources).length > 0 || config.bindings.accounts === 'check';
    if (isChecking) await accountStatuses.loadAnswers();

    const handlers = jobHandlers(services, container.get(Homeservers), container.getAll(MessageSender));
    const jobKinds = Object.keys(handlers);
    const updateGauges = openGauges({
      database,
      jobs: container.get(JobQueue),
      jobKinds,
      clock,
      telemetry,
      mirrorService: services.mirrorService,
      pepperService,
      index: container.get(HashIndex),
      countRows: () => countRows(db),
      countSkipped: (source) => countSkipped(db, source),
    });
    const probes = worker?.probes ?? new RequestProbes();
    const app = httpApp(services, {
      ...config.listen,
      publicUrl: config.server.publicUrl,
      versions: SPEC_VERSIONS,
      v1: { ...config.v1, mayBind: v1Bindable(config) },
      nextLinkHosts: nextLinkHosts(config),
      identityServers: config.lookup.identityServers,
      probes,
      confirmPage: config.validation.confirmPage,
      maxAddresses: config.lookup.maxAddresses,
      maxBodyBytes: MAX_BODY_BYTES,
      pages: templates,
      documents: opened.documents,
      search: config.search,
    });
    const ready = await openReadiness({
      database,
      jobs: container.get(JobQueue),
      mirrorService: services.mirrorService,
      pepperService,
      configuredSources,
      clock,
      accounts: isChecking && { accountStatuses, prober },
    });
    const health = { ready, metrics: () => updateGauges().then(() => (worker ?? telemetry.registry).metrics()) };
    const page = adminPage(services, {
      ...config.admin,
      templates,
      clock,
      random: container.get(Random),
      health,
      read: async (name) => countersIn(await (worker ?? telemetry.registry).metrics(), name),
      tries: tryMessages(config, opened.gateways),
      runChecks: async () => (await import('./doctor/doctor.js')).runChecks({ config, warnings: [] }, telemetry),
    });
    const adminListener = adminApp(services, {
      adminToken: await openAdminToken(config.dataDir),
      host: config.admin.host,
      hosts: config.admin.hosts,
      page,
      health,
      clock,
      probes,
      directories: ldapIn(configuredSources),
      copies: opened.copyDatabase && (await openDatabaseCopies(config.dataDir, opened.copyDatabase)),
    });
    telemetry.startAtZero(
      knownValues(config, {
        configuredSources,
        jobKinds,
        followed: pepperService.monitor?.source,
        gateways: opened.gateways,
        publicEndpoints: app.endpoints,
        adminEndpoints: [...endpointsOf(adminListener), PAGE_ENDPOINT],
      }),
    );
    const admin =
      worker?.isFirst === false
        ? undefined
        : await listen(adminListener, config.admin, 'admin', unreadableRequests(telemetry, 'admin'));
    closing.push(async () => {
      page.close();
      await admin?.close(0);
    });

    database.start();
    const audit = deliverAudit(container.get(AuditLog), config.audit, clock, telemetry);
    closing.push(() => audit.close());
    const schedules = startSchedules(opened, pepperService, indexUpdater, feed, clock, config.invites.lifetimeMs);
    let closed: Promise<unknown> | undefined;
    const closeSchedules = () => (closed ??= Promise.all(schedules.map((schedule) => schedule.close())));
    closing.push(closeSchedules);
    schedules.push(
      ...(config.accessTokens.checkAccounts
        ? [
            runPeriodically(ACCOUNT_REVIEW_MS, 'accounts of signed-in users', telemetry, () =>
              container.get(SignInReview).run(),
            ),
          ]
        : []),
      ...(admin ? [runPeriodically(MINUTE_MS, 'samples of the counters', telemetry, () => page.sample())] : []),
      runPeriodically(60 * MINUTE_MS, 'mailboxes of bindings', telemetry, () => opened.fillStored()),
      // Records since when a part fails, even if nobody requests the state.
      runPeriodically(HEALTH_MS, 'health', telemetry, async () => void (await ready())),
      scheduleSealing(() => opened.sealStored(), config.database.kind !== 'sqlite', clock, telemetry),
      ...scheduleMirrorSyncs(
        configuredSources,
        services.mirrorService,
        services.directorySyncService,
        container.get(RateLimits),
        clock,
        telemetry,
      ),
      new JobWorker({
        queue: container.get(JobQueue),
        handlers,
        clock,
        telemetry,
        holder: jobHolder(config, worker?.number),
      }),
      ...(isChecking
        ? [scheduleAccountChecks(container.get(AccountCheckRunner), services.inviteService, telemetry)]
        : []),
    );

    void checkUnmirroredDirectories(configuredSources, telemetry);

    const listening = await listen(app.answer, config.listen, 'listen', unreadableRequests(telemetry, 'listen'));
    // In parallel: no job starts while the current requests finish, and a job that hangs takes none of their time.
    closing.push(() => Promise.all([listening.close(), closeSchedules()]));
    worker?.ready();
    if (!worker) await writePidFile(config.pidFile);
    return {
      url: urlOf(config.listen.host, listening.port),
      adminUrl: admin && urlOf(config.admin.host, admin.port),
      services,
      reloadSecrets: () => opened.reloadSecrets(),
      reopenAudit: () => audit.reopen(),
      close: () => closeAll(closing),
    };
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

const urlOf = (host: string, port: number): string => `http://${inUrl(host)}:${port}`;
