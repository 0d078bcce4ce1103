import { ContainerModule } from 'inversify';
import { Ed25519Signer } from '../../src/adapters/signing/ed25519-signer.js';
import { type Stores, storesModule } from '../../src/app/wiring/stores-module.js';
import type { SearchOptions } from '../../src/app/wiring/search-module.js';
import type { DomainOptions } from '../../src/app/wiring/domain-options.js';
import type { QuotaOptions } from '../../src/domain/rate-limiting/quotas.js';
import { AccountLookup } from '../../src/ports/account-lookup.js';
import { Clock } from '../../src/ports/clock.js';
import { HashIndex } from '../../src/ports/hash-index.js';
import { HomeserverKeys } from '../../src/ports/homeserver-keys.js';
import { Homeservers } from '../../src/ports/homeservers.js';
import { MessageSender } from '../../src/ports/message-sender.js';
import { NameIndex } from '../../src/ports/name-index.js';
import { Random } from '../../src/ports/random.js';
import { Signer } from '../../src/ports/signer.js';
import { Telemetry } from '../../src/ports/telemetry.js';
import { UserDirectory } from '../../src/ports/user-directory.js';
import {
  CountingRandom,
  FakeAccounts,
  FakeClock,
  FakeUserDirectory,
  fakeHomeservers,
  RecordingSender,
  RecordingTelemetry,
} from './fakes.js';
import { MemoryHashIndex } from './memory/hash-index.js';
import { MemoryNameIndex } from './memory/name-index.js';
import { memoryStores } from './memory/stores.js';

export const DAY_MS = 24 * 60 * 60 * 1000;

/** Adapters for tests: in-memory stores, a clock that stands still, and senders that record their messages. */
export function fakeAdapters(
  given: {
    readonly clock?: FakeClock;
    readonly random?: CountingRandom;
    readonly stores?: ReturnType<typeof memoryStores>;
    readonly homeservers?: Homeservers;
    readonly homeserverKeys?: HomeserverKeys;
  } = {},
) {
  const clock = given.clock ?? new FakeClock();
  const adapters = {
    clock,
    random: given.random ?? new CountingRandom(),
    telemetry: new RecordingTelemetry(),
    stores: given.stores ?? memoryStores(clock),
    index: new MemoryHashIndex(),
    names: new MemoryNameIndex(),
    userDirectory: new FakeUserDirectory(),
    mails: new RecordingSender('email'),
    texts: new RecordingSender('msisdn'),
    accounts: new FakeAccounts(),
    signer: new Ed25519Signer('id.example.org', [
      { keyId: 'ed25519:1', seed: new Uint8Array(32).fill(1) },
      { keyId: 'ed25519:0', seed: new Uint8Array(32).fill(2) },
    ]),
  };
  const homeservers = given.homeservers ?? fakeHomeservers(new Map());
  const homeserverKeys = given.homeserverKeys ?? { find: async () => undefined };
  const module = new ContainerModule(({ bind }) => {
    bind(Clock).toConstantValue(clock);
    bind(Random).toConstantValue(adapters.random);
    bind(Telemetry).toConstantValue(adapters.telemetry);
    bind(HashIndex).toConstantValue(adapters.index);
    bind(NameIndex).toConstantValue(adapters.names);
    bind(UserDirectory).toConstantValue(adapters.userDirectory);
    bind(Signer).toConstantValue(adapters.signer);
    bind(MessageSender).toConstantValue(adapters.mails);
    bind(MessageSender).toConstantValue(adapters.texts);
    bind(AccountLookup).toConstantValue(adapters.accounts);
    bind(Homeservers).toConstantValue(homeservers);
    bind(HomeserverKeys).toConstantValue(homeserverKeys);
  });
  const stores: Stores = adapters.stores;
  return { ...adapters, modules: [module, storesModule(stores)] };
}

/** The default options of the domain in tests. */
export const testOptions = (
  given: Partial<DomainOptions> & { readonly limits?: Partial<QuotaOptions> },
): DomainOptions => ({
  lookup: { lifetimeMs: 7 * DAY_MS, graceMs: DAY_MS, maxAddresses: 100 },
  sessions: {
    tokenLength: 32,
    codeLength: 6,
    maxGuesses: 5,
    linkOf: ({ sid, token }) => `https://id.example.org/validate?sid=${sid}&token=${token}`,
  },
  bindingService: { directoryOwned: 'refuse' },
  checksBindings: false,
  inviteService: { publicUrl: 'https://id.example.org', webClient: 'https://app.example.org', allowedWebClients: [] },
  quotas: { mail: {}, sms: {}, invites: {}, lookup: {}, ...given.limits },
  accounts: { idleMs: 90 * DAY_MS },
  retention: {},
  policies: [],
  serverNames: ['id.example.org'],
  serverIdentity: 'id.example.org 0a1b2c3d',
  ...given,
});

/** A search for the people in the source `staff`. */
export const testSearch: SearchOptions = {
  sources: ['staff'],
  showTo: ['example.org'],
  phoneDigits: 0,
  maxHits: 20,
  minLetters: 3,
  withoutAccount: 'hide',
  withoutAccountName: '{name} (no account yet)',
  withoutAccountNames: {},
};
