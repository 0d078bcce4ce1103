import { ContainerModule } from 'inversify';
import { AccountStatusCache } from '../../domain/account-checks/account-status-cache.js';
import { IndexUpdater } from '../../domain/hash-index/index-updater.js';
import { derivedIdSourcesOf } from '../../domain/mirror/mirror-service.js';
import { NameIndexUpdater } from '../../domain/people-search/name-index-updater.js';
import { PeopleSearchService, type PeopleSearchOptions } from '../../domain/people-search/people-search-service.js';
import { SearchCallers } from '../../domain/people-search/search-callers.js';
import { UserProfiles } from '../../domain/people-search/user-profiles.js';
import { Quotas } from '../../domain/rate-limiting/quotas.js';
import { ChangeFeed } from '../../ports/change-feed.js';
import { Clock } from '../../ports/clock.js';
import { MirrorStore } from '../../ports/mirror-store.js';
import { NameIndex } from '../../ports/name-index.js';
import { Random } from '../../ports/random.js';
import { Telemetry } from '../../ports/telemetry.js';
import { UserDirectory } from '../../ports/user-directory.js';
import { bindFactory, bindService } from './bind-service.js';
import { checkedIn, type ConfiguredSource, mirroredIn } from './configured-source.js';
import { BINDINGS } from '../../domain/associations/binding.js';

/** The options of the search for people. */
export type SearchOptions = Omit<PeopleSearchOptions, 'checkedSources'> & { readonly phoneDigits: number };

/** The services of the search for people by name. Used only if it is configured. */
export const searchModule = (sources: readonly ConfiguredSource[], { phoneDigits, ...options }: SearchOptions) =>
  new ContainerModule((load) => {
    bindFactory(
      load,
      NameIndexUpdater,
      { feed: ChangeFeed, index: NameIndex, mirrors: MirrorStore },
      ({ feed, index, mirrors }) => {
        const derivedIdSources = derivedIdSourcesOf(mirroredIn(sources));
        return new NameIndexUpdater(feed, index, mirrors, { sources: options.sources, derivedIdSources, phoneDigits });
      },
    );
    bindFactory(
      load,
      SearchCallers,
      { directory: UserDirectory, clock: Clock, random: Random },
      ({ directory, clock, random }) => new SearchCallers(directory, clock, random),
    );
    bindFactory(
      load,
      UserProfiles,
      { directory: UserDirectory, clock: Clock },
      ({ directory, clock }) => new UserProfiles(directory, clock),
    );
    const checked = checkedIn(sources).flatMap((entry) => (entry === BINDINGS ? [] : entry.source.name));
    bindService(
      load,
      PeopleSearchService,
      {
        index: NameIndex,
        addresses: IndexUpdater,
        accountStatuses: AccountStatusCache,
        quotas: Quotas,
        telemetry: Telemetry,
      },
      { ...options, checkedSources: new Set(checked) },
    );
  });
