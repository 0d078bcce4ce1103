import 'reflect-metadata/lite';
import { Container, ContainerModule } from 'inversify';
import { MemoryRateLimits } from '../adapters/memory/rate-limits.js';
import { AccountChecks } from '../domain/account-checks.js';
import { AccountQuestions } from '../domain/account-questions.js';
import { AccountRounds } from '../domain/account-rounds.js';
import { Accounts } from '../domain/accounts.js';
import { BINDINGS } from '../domain/association.js';
import { type BindingOptions, Bindings } from '../domain/bindings.js';
import { CheckedSource } from '../domain/checked-source.js';
import { IndexKeeper } from '../domain/index-keeper.js';
import type { InviteLinkOptions } from '../domain/invite-link.js';
import { Invites } from '../domain/invites.js';
import { Leavers } from '../domain/leavers.js';
import { Lookups } from '../domain/lookups.js';
import { MirroredSource } from '../domain/mirrored-source.js';
import { Mirrors, nameDerivers } from '../domain/mirrors.js';
import { Operations } from '../domain/operations.js';
import { OwnBindings, ownClaims } from '../domain/own-bindings.js';
import { PepperWatch } from '../domain/pepper-watch.js';
import { type PepperOptions, Peppers } from '../domain/peppers.js';
import { type QuotaOptions, Quotas } from '../domain/quotas.js';
import { RequestAuth } from '../domain/request-auth.js';
import { type SessionOptions, Sessions } from '../domain/sessions.js';
import { mirroredClaims } from '../domain/shared-names.js';
import type { Policy } from '../domain/policy.js';
import { Terms } from '../domain/terms.js';
import { AccountCheckStore } from '../ports/account-check-store.js';
import { AccountStore } from '../ports/account-store.js';
import { AssociationStore } from '../ports/association-store.js';
import { ChangeFeed } from '../ports/change-feed.js';
import { Clock } from '../ports/clock.js';
import { HashIndex } from '../ports/hash-index.js';
import { HomeserverAccounts } from '../ports/homeserver-accounts.js';
import { HomeserverKeys } from '../ports/homeserver-keys.js';
import { HolderStore } from '../ports/holder-store.js';
import { Homeservers } from '../ports/homeservers.js';
import { InviteStore } from '../ports/invite-store.js';
import { MirrorStore } from '../ports/mirror-store.js';
import { PepperStore } from '../ports/pepper-store.js';
import { Random } from '../ports/random.js';
import { RateLimits } from '../ports/rate-limits.js';
import { Sender } from '../ports/sender.js';
import { SessionStore } from '../ports/session-store.js';
import { Signer } from '../ports/signer.js';
import { Telemetry } from '../ports/telemetry.js';
import { TermsStore } from '../ports/terms-store.js';
import { checkedIn, followedIn, mirroredIn, type Stage } from './chain.js';

/** What the domain services take from the configuration. */
export interface DomainOptions {
  readonly lookup: PepperOptions & { readonly maxAddresses: number };
  readonly sessions: SessionOptions;
  readonly bindings: BindingOptions;
  readonly invites: InviteLinkOptions;
  readonly quotas: QuotaOptions;
  /** What users have to accept, each policy in its current version. */
  readonly policies: readonly Policy[];
  /** Every name by which homeservers may know us. */
  readonly serverNames: readonly string[];
  /** What we are called in the routes of questions. */
  readonly routeName: string;
}

const allSenders = { serviceIdentifier: Sender, isMultiple: true } as const;

const domainModule = (stages: readonly Stage[], options: DomainOptions) =>
  new ContainerModule(({ bind }) => {
    bind(Quotas).toResolvedValue(
      (limits: RateLimits, clock: Clock, telemetry: Telemetry) =>
        new Quotas(limits, options.quotas, { limits: new MemoryRateLimits(clock), telemetry }),
      [RateLimits, Clock, Telemetry],
    );
    bind(Accounts).toResolvedValue(
      (store: AccountStore, homeservers: Homeservers, random: Random, clock: Clock, checks: AccountChecks) =>
        new Accounts(store, homeservers, random, clock, (mxid) => checks.vouch(mxid)),
      [AccountStore, Homeservers, Random, Clock, AccountChecks],
    );
    bind(AccountChecks).toResolvedValue(
      (store: AccountCheckStore, clock: Clock) => new AccountChecks(store, clock),
      [AccountCheckStore, Clock],
    );
    bind(AccountQuestions).toResolvedValue(
      (
        store: AccountCheckStore,
        checks: AccountChecks,
        accounts: HomeserverAccounts,
        clock: Clock,
        telemetry: Telemetry,
      ) => new AccountQuestions(store, checks, accounts, clock, telemetry),
      [AccountCheckStore, AccountChecks, HomeserverAccounts, Clock, Telemetry],
    );
    bind(AccountRounds).toResolvedValue(
      (
        store: AccountCheckStore,
        checks: AccountChecks,
        questions: AccountQuestions,
        feed: ChangeFeed,
        mirrors: MirrorStore,
        invites: InviteStore,
        index: HashIndex,
        clock: Clock,
      ) => {
        const readers = mirrorReaders(checkedIn(stages), mirrors, stages);
        const people = { readers, isEverybody: readers.size === checkedIn(stages).length };
        return new AccountRounds(people, store, checks, questions, feed, mirrors, invites, index, clock);
      },
      [AccountCheckStore, AccountChecks, AccountQuestions, ChangeFeed, MirrorStore, InviteStore, HashIndex, Clock],
    );
    bind(Terms).toResolvedValue(
      (store: TermsStore, clock: Clock) => new Terms(options.policies, store, clock),
      [TermsStore, Clock],
    );
    bind(RequestAuth).toResolvedValue(
      (keys: HomeserverKeys, signer: Signer) => new RequestAuth(keys, signer, options.serverNames),
      [HomeserverKeys, Signer],
    );
    bind(Sessions).toResolvedValue(
      (store: SessionStore, senders: Sender[], quotas: Quotas, clock: Clock, random: Random) =>
        new Sessions(store, senders, quotas, clock, random, options.sessions),
      [SessionStore, allSenders, Quotas, Clock, Random],
    );
    bind(Peppers).toResolvedValue(
      (store: PepperStore, index: HashIndex, random: Random, clock: Clock, telemetry: Telemetry) => {
        const followed = followedIn(stages);
        const watch = followed && new PepperWatch(followed, telemetry, options.routeName);
        return new Peppers(store, index, random, clock, telemetry, options.lookup, watch);
      },
      [PepperStore, HashIndex, Random, Clock, Telemetry],
    );
    bind(IndexKeeper).toResolvedValue(
      (feed: ChangeFeed, index: HashIndex, mirrors: MirrorStore, associations: AssociationStore) =>
        new IndexKeeper(feed, index, claimReaders(stages, mirrors, associations)),
      [ChangeFeed, HashIndex, MirrorStore, AssociationStore],
    );
    bind(Mirrors).toResolvedValue(
      (store: MirrorStore, keeper: IndexKeeper, clock: Clock, telemetry: Telemetry) =>
        new Mirrors(mirroredIn(stages), store, keeper, clock, telemetry),
      [MirrorStore, IndexKeeper, Clock, Telemetry],
    );
    bind(Leavers).toResolvedValue(
      (store: HolderStore, mirrors: MirrorStore, keeper: IndexKeeper, clock: Clock, telemetry: Telemetry) =>
        new Leavers(mirroredIn(stages), store, mirrors, keeper, clock, telemetry),
      [HolderStore, MirrorStore, IndexKeeper, Clock, Telemetry],
    );
    bind(OwnBindings).toResolvedValue(
      (store: AssociationStore, index: HashIndex, clock: Clock) => new OwnBindings(store, index, clock),
      [AssociationStore, HashIndex, Clock],
    );
    bind(Lookups).toResolvedValue(
      (
        own: OwnBindings,
        mirrors: Mirrors,
        store: MirrorStore,
        index: HashIndex,
        checks: AccountChecks,
        peppers: Peppers,
        clock: Clock,
        telemetry: Telemetry,
      ) => {
        const sources = stages.map((stage) => {
          if (stage === BINDINGS) return own;
          const isListed = stage.mirror !== undefined;
          const source = isListed
            ? new MirroredSource(stage.source, mirrors, store, index, clock, telemetry)
            : stage.source;
          return stage.checksAccounts ? new CheckedSource(source, isListed, checks, clock) : source;
        });
        const { lookup, routeName } = options;
        return new Lookups(sources, peppers, clock, telemetry, { ...lookup, routeName });
      },
      [OwnBindings, Mirrors, MirrorStore, HashIndex, AccountChecks, Peppers, Clock, Telemetry],
    );
    bind(Bindings).toResolvedValue(
      (
        store: AssociationStore,
        sessions: Sessions,
        lookups: Lookups,
        leavers: Leavers,
        keeper: IndexKeeper,
        signer: Signer,
        clock: Clock,
      ) => new Bindings(store, sessions, lookups, leavers, keeper, signer, clock, options.bindings),
      [AssociationStore, Sessions, Lookups, Leavers, IndexKeeper, Signer, Clock],
    );
    bind(Operations).toResolvedValue(
      (
        invites: InviteStore,
        associations: AssociationStore,
        bindings: Bindings,
        leavers: Leavers,
        telemetry: Telemetry,
      ) => new Operations(invites, associations, bindings, leavers, telemetry),
      [InviteStore, AssociationStore, Bindings, Leavers, Telemetry],
    );
    bind(Invites).toResolvedValue(
      (
        store: InviteStore,
        lookups: Lookups,
        leavers: Leavers,
        signer: Signer,
        quotas: Quotas,
        random: Random,
        clock: Clock,
      ) => new Invites(store, lookups, leavers, signer, quotas, random, clock, options.invites),
      [InviteStore, Lookups, Leavers, Signer, Quotas, Random, Clock],
    );
  });

function claimReaders(stages: readonly Stage[], mirrors: MirrorStore, associations: AssociationStore) {
  return new Map([...mirrorReaders(stages, mirrors, stages), [BINDINGS, ownClaims(associations)] as const]);
}

/** How to read the claims of those of `among` that are mirrored. */
function mirrorReaders(among: readonly Stage[], mirrors: MirrorStore, stages: readonly Stage[]) {
  const derivers = nameDerivers(mirroredIn(stages));
  return new Map(
    mirroredIn(among).map(({ directory: { name } }) => [name, mirroredClaims(mirrors, name, derivers)] as const),
  );
}

/** The domain on top of the given adapters. */
export function buildContainer(
  stages: readonly Stage[],
  options: DomainOptions,
  ...adapters: readonly ContainerModule[]
): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(domainModule(stages, options), ...adapters);
  return container;
}
