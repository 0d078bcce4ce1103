import { AccountCheckRunner } from '../../src/domain/account-checks/account-check-runner.js';
import { AccountProber } from '../../src/domain/account-checks/account-prober.js';
import { AccountStatusCache } from '../../src/domain/account-checks/account-status-cache.js';
import type { AMBIGUOUS } from '../../src/domain/associations/association.js';
import { BINDINGS } from '../../src/domain/associations/binding.js';
import type { BindingOptions } from '../../src/domain/bindings/binding-service.js';
import { DeprovisioningService } from '../../src/domain/deprovisioning/deprovisioning-service.js';
import { IndexUpdater } from '../../src/domain/hash-index/index-updater.js';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import type { Threepid } from '../../src/domain/identifiers/threepid.js';
import { PepperService } from '../../src/domain/peppers/pepper-service.js';
import type { QuotaOptions } from '../../src/domain/rate-limiting/quotas.js';
import { buildContainer, servicesOf } from '../../src/app/wiring/container.js';
import type { Directory } from '../../src/ports/directory.js';
import type { ThreepidSource } from '../../src/ports/threepid-source.js';
import type { SearchOptions } from '../../src/app/wiring/search-module.js';
import { fakeAdapters, testOptions, testSearch } from './fake-adapters.js';

export { DAY_MS } from './fake-adapters.js';

export interface TestDomainSettings {
  /** Mirrored directories, the first in the chain. */
  readonly directories?: readonly (Directory & ThreepidSource)[];
  /** Sources between the directories and the bindings. */
  readonly sources?: readonly ThreepidSource[];
  readonly maxShrink?: number;
  /** Whether the people of the directories and of `sources` are returned only if they have an account. */
  readonly checksAccounts?: boolean;
  /** The same for the bindings. */
  readonly checksBindings?: boolean;
  readonly directoryOwned?: BindingOptions['directoryOwned'];
  readonly quotas?: Partial<QuotaOptions>;
  readonly allowedWebClients?: readonly string[];
  /** The options of the search by name; by default it is not configured. */
  readonly search?: Partial<SearchOptions>;
  /** Another instance with which this one shares its database. */
  readonly sharedWith?: Pick<ReturnType<typeof fakeAdapters>, 'clock' | 'random' | 'stores'>;
}

/**
 * All domain services with in-memory stores, started: the peppers are hashed, and the mirrors are in their stored
 * state.
 */
export async function openTestDomain(settings: TestDomainSettings = {}) {
  const { directories = [], sources = [], maxShrink = 0.2, checksAccounts = false, quotas: limits = {} } = settings;
  const adapters = fakeAdapters(settings.sharedWith);
  const { clock, random, telemetry, stores, mails, texts, signer, index, accounts } = adapters;
  const container = buildContainer(
    [
      ...directories.map((directory) => ({
        source: directory,
        mirror: { directory, maxShrink, everyMs: 60_000 },
        checksAccounts,
      })),
      ...sources.map((source) => ({ source, checksAccounts })),
      BINDINGS,
    ],
    testOptions({
      limits,
      ...(settings.search && { search: { ...testSearch, ...settings.search } }),
      bindingService: { directoryOwned: settings.directoryOwned ?? 'refuse' },
      checksBindings: settings.checksBindings ?? false,
      inviteService: {
        publicUrl: 'https://id.example.org',
        webClient: 'https://app.example.org',
        allowedWebClients: settings.allowedWebClients ?? [],
      },
    }),
    ...adapters.modules,
  );
  const services = servicesOf(container);
  const { lookupService, validationService, bindingService, inviteService, mirrorService, quotas } = services;
  const indexUpdater = container.get(IndexUpdater);
  const pepperService = container.get(PepperService);
  const accountStatuses = container.get(AccountStatusCache);
  await indexUpdater.start();
  await services.search?.nameIndexUpdater.start();
  await pepperService.rotateIfDue();
  await accountStatuses.loadAnswers();

  /** Creates a validated session for this address. */
  const validated = async (threepid: Threepid, clientSecret: string): Promise<string> => {
    const sid = await validationService.requestToken({
      threepid,
      clientSecret,
      sendAttempt: 1,
      nextLink: undefined,
      user: undefined,
      client: '127.0.0.1',
      preferences: { brand: undefined, acceptLanguage: undefined },
    });
    await validationService.submitToken(sid, clientSecret, (threepid.medium === 'email' ? mails : texts).token);
    return sid;
  };

  return {
    clock,
    random,
    telemetry,
    stores,
    mails,
    texts,
    signer,
    index,
    names: adapters.names,
    userDirectory: adapters.userDirectory,
    search: services.search,
    indexUpdater,
    pepperService,
    mirrorService,
    accounts,
    accountStatuses,
    prober: container.get(AccountProber),
    checkRunner: container.get(AccountCheckRunner),
    deprovisioningService: container.get(DeprovisioningService),
    lookupService,
    quotas,
    validationService,
    bindingService,
    inviteService,
    validated,
    /** Syncs a directory and runs all follow-up steps. */
    sync: services.directorySyncService.sync.bind(services.directorySyncService),

    /** Binds an address as its user does. */
    bind: async (threepid: Threepid, mxid: Mxid) =>
      bindingService.bind(
        await validated(threepid, `secret-of-${mxid.slice(1, 4)}`),
        `secret-of-${mxid.slice(1, 4)}`,
        mxid,
      ),

    /** The user with this address, by a hashed lookup in all sources. */
    hashed: async (threepid: Threepid): Promise<Mxid | undefined> => {
      const hash = lookupHash(threepid, pepperService.current());
      return (await lookupService.find('sha256', pepperService.current(), [hash])).get(hash);
    },

    /** The user with this address, by a plain lookup. */
    plain: async ({ medium, address }: Threepid): Promise<Mxid | undefined> => {
      const entry = `${address} ${medium}`;
      return (await lookupService.find('none', pepperService.current(), [entry])).get(entry);
    },

    /** The result of one source in a hashed lookup. */
    inMirror: (source: string, threepid: Threepid): Mxid | typeof AMBIGUOUS | undefined =>
      index.find(source, pepperService.current(), lookupHash(threepid, pepperService.current())),
  };
}

export type TestDomain = Awaited<ReturnType<typeof openTestDomain>>;
