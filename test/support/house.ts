import { syncing } from '../../src/app/syncs.js';
import { MemoryHashIndex } from '../../src/adapters/memory/hash-index.js';
import { memoryStores } from '../../src/adapters/memory/stores.js';
import { Ed25519Signer } from '../../src/adapters/signing/ed25519-signer.js';
import { AccountChecks } from '../../src/domain/account-checks.js';
import { AccountQuestions } from '../../src/domain/account-questions.js';
import { AccountRounds } from '../../src/domain/account-rounds.js';
import { BINDINGS, type CONTESTED } from '../../src/domain/association.js';
import { type BindingOptions, Bindings } from '../../src/domain/bindings.js';
import { CheckedSource } from '../../src/domain/checked-source.js';
import { lookupHash } from '../../src/domain/hashing.js';
import { IndexKeeper } from '../../src/domain/index-keeper.js';
import { Invites } from '../../src/domain/invites.js';
import { Leavers } from '../../src/domain/leavers.js';
import { Lookups } from '../../src/domain/lookups.js';
import { MirroredSource } from '../../src/domain/mirrored-source.js';
import { Mirrors, nameDerivers } from '../../src/domain/mirrors.js';
import type { Mxid } from '../../src/domain/mxid.js';
import { OwnBindings, ownClaims } from '../../src/domain/own-bindings.js';
import { Peppers } from '../../src/domain/peppers.js';
import { type QuotaOptions, Quotas } from '../../src/domain/quotas.js';
import { Sessions } from '../../src/domain/sessions.js';
import { mirroredClaims } from '../../src/domain/shared-names.js';
import type { Threepid } from '../../src/domain/threepid.js';
import type { Directory } from '../../src/ports/directory.js';
import type { ThreepidSource } from '../../src/ports/threepid-source.js';
import { CountingRandom, FakeAccounts, FakeClock, Heard, Outbox } from './fakes.js';

export const DAY_MS = 24 * 60 * 60 * 1000;

export interface HouseSettings {
  /** Mirrored directories, the first ones to be asked. */
  readonly directories?: readonly (Directory & ThreepidSource)[];
  /** Sources between them and our own bindings. */
  readonly sources?: readonly ThreepidSource[];
  readonly maxShrink?: number;
  /** Whether the people of the directories, and of `sources`, are answered only if they have an account. */
  readonly checksAccounts?: boolean;
  readonly directoryOwned?: BindingOptions['directoryOwned'];
  readonly quotas?: Partial<QuotaOptions>;
  readonly allowedWebClients?: readonly string[];
  /** A house whose database this one shares, as another instance. */
  readonly besides?: { readonly clock: FakeClock; readonly random: CountingRandom; readonly stores: Stores };
}

type Stores = ReturnType<typeof memoryStores>;

/** Every domain service over memory, started: the peppers are hashed, the mirrors are as they are stored. */
export async function openHouse(settings: HouseSettings = {}) {
  const { directories = [], sources = [], maxShrink = 0.2, checksAccounts = false, quotas: limits, besides } = settings;
  const clock = besides?.clock ?? new FakeClock();
  const random = besides?.random ?? new CountingRandom();
  const stores = besides?.stores ?? memoryStores(clock);
  const telemetry = new Heard();
  const mails = new Outbox('email');
  const texts = new Outbox('msisdn');
  const signer = new Ed25519Signer('id.example.org', [
    { keyId: 'ed25519:1', seed: new Uint8Array(32).fill(1) },
    { keyId: 'ed25519:0', seed: new Uint8Array(32).fill(2) },
  ]);

  const index = new MemoryHashIndex();
  const mirrored = directories.map((directory) => ({ directory, maxShrink }));
  const derivers = nameDerivers(mirrored);
  const readers = directories.map(({ name }) => [name, mirroredClaims(stores.mirrors, name, derivers)] as const);
  const keeper = new IndexKeeper(stores.feed, index, new Map([...readers, [BINDINGS, ownClaims(stores.associations)]]));
  const peppers = new Peppers(stores.peppers, index, random, clock, telemetry, {
    lifetimeMs: 7 * DAY_MS,
    graceMs: DAY_MS,
  });
  const mirrors = new Mirrors(mirrored, stores.mirrors, keeper, clock, telemetry);
  const accounts = new FakeAccounts();
  const checks = new AccountChecks(stores.accountChecks, clock);
  const checked = (source: ThreepidSource, isListed: boolean) =>
    checksAccounts ? new CheckedSource(source, isListed, checks, clock) : source;
  const leavers = new Leavers(mirrored, stores.holders, stores.mirrors, keeper, clock, telemetry);
  const chain = [
    ...directories.map((live) =>
      checked(new MirroredSource(live, mirrors, stores.mirrors, index, clock, telemetry), true),
    ),
    ...sources.map((source) => checked(source, false)),
    new OwnBindings(stores.associations, index, clock),
  ];
  const lookups = new Lookups(chain, peppers, clock, telemetry, {
    maxAddresses: 100,
    routeName: 'id.example.org 0a1b2c3d',
  });
  const quotas = new Quotas(stores.limits, { mail: {}, sms: {}, invites: {}, lookup: {}, ...limits });
  const sessions = new Sessions(stores.sessions, [mails, texts], quotas, clock, random, {
    tokenLength: 32,
    codeLength: 6,
    maxGuesses: 5,
    linkOf: ({ sid, token }) => `https://id.example.org/validate?sid=${sid}&token=${token}`,
  });
  const bindings = new Bindings(stores.associations, sessions, lookups, leavers, keeper, signer, clock, {
    directoryOwned: settings.directoryOwned ?? 'refuse',
  });
  const invites = new Invites(stores.invites, lookups, leavers, signer, quotas, random, clock, {
    publicUrl: 'https://id.example.org',
    webClient: 'https://app.example.org',
    allowedWebClients: settings.allowedWebClients ?? [],
  });
  const questions = new AccountQuestions(stores.accountChecks, checks, accounts, clock, telemetry);
  const rounds = new AccountRounds(
    { readers: new Map(readers), isEverybody: sources.length === 0 },
    stores.accountChecks,
    checks,
    questions,
    stores.feed,
    stores.mirrors,
    stores.invites,
    index,
    clock,
  );
  await keeper.start();
  await peppers.keep();
  await checks.learn();

  /** A session of this address, validated. */
  const validated = async (threepid: Threepid, clientSecret: string): Promise<string> => {
    const sid = await sessions.requestToken({
      threepid,
      clientSecret,
      sendAttempt: 1,
      nextLink: undefined,
      user: undefined,
      client: '127.0.0.1',
      preferences: { brand: undefined, acceptLanguage: undefined },
    });
    await sessions.submitToken(sid, clientSecret, (threepid.medium === 'email' ? mails : texts).token);
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
    keeper,
    peppers,
    mirrors,
    accounts,
    checks,
    questions,
    rounds,
    leavers,
    lookups,
    quotas,
    sessions,
    bindings,
    invites,
    validated,
    /** Syncs a directory, with everything that follows. */
    sync: syncing(mirrors, invites, leavers),

    /** Binds an address as its user would. */
    bind: async (threepid: Threepid, mxid: Mxid) =>
      bindings.bind(await validated(threepid, `secret-of-${mxid.slice(1, 4)}`), `secret-of-${mxid.slice(1, 4)}`, mxid),

    /** Whose this is in a hashed lookup of all sources. */
    hashed: async (threepid: Threepid): Promise<Mxid | undefined> => {
      const hash = lookupHash(threepid, peppers.current());
      return (await lookups.find('sha256', peppers.current(), [hash])).get(hash);
    },

    /** Whose this is in a lookup in plain. */
    plain: async ({ medium, address }: Threepid): Promise<Mxid | undefined> => {
      const entry = `${address} ${medium}`;
      return (await lookups.find('none', peppers.current(), [entry])).get(entry);
    },

    /** What one source says in a hashed lookup. */
    inMirror: (source: string, threepid: Threepid): Mxid | typeof CONTESTED | undefined =>
      index.find(source, peppers.current(), lookupHash(threepid, peppers.current())),
  };
}

export type House = Awaited<ReturnType<typeof openHouse>>;
