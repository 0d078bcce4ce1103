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
  /** Mirrored directories, the first ones to be asked. */
  readonly directories?: readonly (Directory & ThreepidSource)[];
  /** Sources between them and our own bindings. */
  readonly sources?: readonly ThreepidSource[];
  readonly maxShrink?: number;
  /** Whether the people of the directories, and of `sources`, are answered only if they have an account. */
  readonly checksAccounts?: boolean;
  /** Whether our own bindings are, too. */
  readonly checksBindings?: boolean;
  readonly directoryOwned?: BindingOptions['directoryOwned'];
  readonly quotas?: Partial<QuotaOptions>;
  readonly allowedWebClients?: readonly string[];
  /** By default nobody is searched by name. */
  readonly search?: Partial<SearchOptions>;
  /** Another instance, whose database this one shares. */
  readonly sharedWith?: Pick<ReturnType<typeof fakeAdapters>, 'clock' | 'random' | 'stores'>;
}

/** Every domain service over memory, started: the peppers are hashed, the mirrors are as they are stored. */
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

  /** A session of this address, validated. */
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
    /** Syncs a directory, with everything that follows. */
    sync: services.directorySyncService.sync.bind(services.directorySyncService),

    /** Binds an address as its user would. */
    bind: async (threepid: Threepid, mxid: Mxid) =>
      bindingService.bind(
        await validated(threepid, `secret-of-${mxid.slice(1, 4)}`),
        `secret-of-${mxid.slice(1, 4)}`,
        mxid,
      ),

    /** Whose this is in a hashed lookup of all sources. */
    hashed: async (threepid: Threepid): Promise<Mxid | undefined> => {
      const hash = lookupHash(threepid, pepperService.current());
      return (await lookupService.find('sha256', pepperService.current(), [hash])).get(hash);
    },

    /** Whose this is in a lookup in plain. */
    plain: async ({ medium, address }: Threepid): Promise<Mxid | undefined> => {
      const entry = `${address} ${medium}`;
      return (await lookupService.find('none', pepperService.current(), [entry])).get(entry);
    },

    /** What one source says in a hashed lookup. */
    inMirror: (source: string, threepid: Threepid): Mxid | typeof AMBIGUOUS | undefined =>
      index.find(source, pepperService.current(), lookupHash(threepid, pepperService.current())),
  };
}

export type TestDomain = Awaited<ReturnType<typeof openTestDomain>>;
