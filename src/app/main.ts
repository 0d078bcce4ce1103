import { writeFile } from 'node:fs/promises';
import type { LogTelemetry } from '../adapters/system/log-telemetry.js';
import { AccountChecks } from '../domain/account-checks.js';
import { AccountQuestions } from '../domain/account-questions.js';
import { AccountRounds } from '../domain/account-rounds.js';
import { IndexKeeper } from '../domain/index-keeper.js';
import { Peppers } from '../domain/peppers.js';
import { ChangeFeed } from '../ports/change-feed.js';
import { Clock } from '../ports/clock.js';
import { Homeservers } from '../ports/homeservers.js';
import { Jobs } from '../ports/jobs.js';
import { RateLimits } from '../ports/rate-limits.js';
import { Sender } from '../ports/sender.js';
import { keepAccounts } from './account-checks.js';
import { openAdminToken } from './admin-token.js';
import { checkedIn, followedIn } from './chain.js';
import type { Config } from './config.js';
import { healthOf } from './health.js';
import { adminApp } from './http/admin.js';
import { listen } from './http/listen.js';
import { httpApp } from './http/server.js';
import { jobHandlers } from './job-handlers.js';
import { runJobs } from './job-runner.js';
import { type OpenHouse, openHouse } from './open.js';
import { SPEC_VERSIONS } from './options.js';
import { every, type Schedule } from './schedule.js';
import type { Services } from './services.js';
import { keepMirrors } from './syncs.js';
import { checkUnmirrored } from './unmirrored.js';

const MINUTE_MS = 60_000;
/** Instances that were away for longer load everything again. */
const FEED_KEPT_MS = 60 * MINUTE_MS;
/** 10,000 hashes, the most that one lookup may name, are 470 kB. */
const MAX_BODY_BYTES = 1024 * 1024;

export interface Islet {
  /** Where clients are answered. */
  readonly url: string;
  readonly adminUrl: string;
  readonly services: Services;
  /** Takes no more requests, finishes those that are under way, and ends everything. */
  close(): Promise<void>;
}

/**
 * Opens the doors: answers clients and operators, keeps mirrors and peppers, works off the queue.
 *
 * @throws an error that names what could not be opened or listened on
 */
export async function serve(config: Config, telemetry: LogTelemetry): Promise<Islet> {
  const house = await openHouse(config, telemetry);
  const closing: (() => Promise<unknown>)[] = [() => house.close()];
  try {
    const { container, services, stages, templates, db } = house;
    const clock = container.get(Clock);
    const peppers = container.get(Peppers);
    await peppers.keep();
    const feed = container.get(ChangeFeed);
    const keeper = container.get(IndexKeeper);
    await keeper.start();
    const checks = container.get(AccountChecks);
    const questions = container.get(AccountQuestions);
    const isChecking = checkedIn(stages).length > 0;
    if (isChecking) await checks.learn();

    const admin = await listen(
      adminApp(services, {
        adminToken: await openAdminToken(config.dataDir),
        health: healthOf(
          db,
          services.mirrors,
          peppers,
          stages,
          clock,
          telemetry.registry,
          isChecking && { checks, questions },
        ),
        clock,
      }),
      config.admin,
      'admin',
    );
    closing.push(() => admin.close(0));

    const schedules = startSchedules(house, peppers, keeper, feed, clock, config.invites.lifetimeMs);
    closing.push(() => Promise.all(schedules.map((schedule) => schedule.close())));
    schedules.push(
      ...keepMirrors(stages, services.mirrors, services.sync, container.get(RateLimits), clock, telemetry),
      runJobs(
        container.get(Jobs),
        jobHandlers(services, container.get(Homeservers), container.getAll(Sender)),
        clock,
        telemetry,
      ),
      ...(isChecking ? [keepAccounts(container.get(AccountRounds), services.invites, telemetry)] : []),
    );

    void checkUnmirrored(stages, telemetry);

    const app = httpApp(services, {
      ...config.listen,
      publicUrl: config.server.publicUrl,
      versions: SPEC_VERSIONS,
      v1: config.v1,
      confirmPage: config.validation.confirmPage,
      maxAddresses: config.lookup.maxAddresses,
      maxBodyBytes: MAX_BODY_BYTES,
      pages: templates,
      documents: house.documents,
    });
    const listening = await listen(app, config.listen);
    closing.push(() => listening.close());
    if (config.pidFile) {
      await writeFile(config.pidFile, `${process.pid}\n`).catch((cause: unknown) => {
        throw new Error('pidFile cannot be written', { cause });
      });
    }
    return {
      url: urlOf(config.listen.host, listening.port),
      adminUrl: urlOf(config.admin.host, admin.port),
      services,
      close: () => closeAll(closing),
    };
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

function startSchedules(
  { stages, services: { sessions, bindings, invites, telemetry } }: OpenHouse,
  peppers: Peppers,
  keeper: IndexKeeper,
  feed: ChangeFeed,
  clock: Clock,
  inviteLifetimeMs: number | undefined,
): Schedule[] {
  const watch = feed.onChange(() => {
    keeper.catchUp().catch((cause: unknown) => telemetry.warn('changes could not be followed', {}, cause));
  });
  const keeping = every(MINUTE_MS, 'peppers', telemetry, () => peppers.keep());
  const listening = [
    peppers.onBehind(() => keeping.hurry()),
    followedIn(stages)?.onChange(() => keeping.hurry()),
    watch,
  ];
  return [
    keeping,
    every(MINUTE_MS, 'old bindings', telemetry, () => bindings.expire()),
    every(10 * MINUTE_MS, 'old sessions', telemetry, () => sessions.purge()),
    // A crash, or a source that failed at the wrong moment, may have left one waiting.
    every(60 * MINUTE_MS, 'waiting invitations', telemetry, () => invites.deliverKnown()),
    ...(inviteLifetimeMs === undefined
      ? []
      : [every(60 * MINUTE_MS, 'old invitations', telemetry, () => invites.expire(inviteLifetimeMs))]),
    every(10 * MINUTE_MS, 'old changes', telemetry, () => feed.purge(clock.now() - FEED_KEPT_MS)),
    {
      close: () => {
        for (const one of listening) one?.close();
        return Promise.resolve();
      },
    },
  ];
}

/** The last opened first. */
async function closeAll(closing: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const close of closing.toReversed()) await close();
}

const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
