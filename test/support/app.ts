import { MemoryHashIndex } from '../../src/adapters/memory/hash-index.js';
import { memoryStores } from '../../src/adapters/memory/stores.js';
import { Templates } from '../../src/adapters/messaging/templates.js';
import { Ed25519Signer } from '../../src/adapters/signing/ed25519-signer.js';
import { adminApp, type AdminOptions } from '../../src/app/http/admin.js';
import { listen } from '../../src/app/http/listen.js';
import { type HttpOptions, httpApp } from '../../src/app/http/server.js';
import { syncing } from '../../src/app/syncs.js';
import { Accounts } from '../../src/domain/accounts.js';
import { BINDINGS, type Finding } from '../../src/domain/association.js';
import { Bindings } from '../../src/domain/bindings.js';
import type { Refused } from '../../src/domain/errors.js';
import { IndexKeeper } from '../../src/domain/index-keeper.js';
import { Invites } from '../../src/domain/invites.js';
import { Leavers } from '../../src/domain/leavers.js';
import { Lookups } from '../../src/domain/lookups.js';
import { type MirroredDirectory, Mirrors } from '../../src/domain/mirrors.js';
import type { Mxid } from '../../src/domain/mxid.js';
import { Operations } from '../../src/domain/operations.js';
import { OwnBindings, ownClaims } from '../../src/domain/own-bindings.js';
import { Peppers } from '../../src/domain/peppers.js';
import { type QuotaOptions, Quotas } from '../../src/domain/quotas.js';
import { RequestAuth } from '../../src/domain/request-auth.js';
import { Sessions } from '../../src/domain/sessions.js';
import type { Policy } from '../../src/domain/policy.js';
import { Terms } from '../../src/domain/terms.js';
import { keyOf, type Threepid } from '../../src/domain/threepid.js';
import type { HomeserverKeys } from '../../src/ports/homeserver-keys.js';
import type { ThreepidSource } from '../../src/ports/threepid-source.js';
import { expectConformance } from './contract/violations.js';
import { CountingRandom, FakeClock, fakeHomeservers, Heard, Outbox } from './fakes.js';

export const DAY_MS = 24 * 60 * 60 * 1000;
export const ADMIN_TOKEN = 'the-admin-token';

const loopback = ['127.0.0.0/8', '::1/128'];
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

const pages = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });

export interface Settings {
  readonly http?: Partial<HttpOptions>;
  readonly quotas?: Partial<QuotaOptions>;
  readonly directories?: readonly MirroredDirectory[];
  readonly ready?: AdminOptions['health']['ready'];
  readonly maxAddresses?: number;
  readonly policies?: readonly Policy[];
  readonly homeserverKeys?: HomeserverKeys;
  /** The name first that signs; by default `id.example.org` alone. */
  readonly serverNames?: readonly string[];
}

/** What a test sends beside method and path. */
export interface Call {
  readonly token?: string | undefined;
  /** Text is sent as it is, a form as a form, everything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The answer as JSON, `undefined` if it is none. */
  // oxlint-disable-next-line no-explicit-any -- tests look into it as they please
  readonly json: any;
}

/** The whole application over memory, listening. Whoever starts it closes it. */
export async function startApp(settings: Settings = {}) {
  const clock = new FakeClock();
  const random = new CountingRandom();
  const telemetry = new Heard();
  const stores = memoryStores(clock);
  const mails = new Outbox('email');
  const texts = new Outbox('msisdn');
  /** OpenID tokens and whose they are. */
  const openIdTokens = new Map<string, string | Refused>();
  const directory = new FakeDirectory();

  const index = new MemoryHashIndex();
  const own = ownClaims(stores.associations);
  const keeper = new IndexKeeper(stores.feed, index, new Map([[BINDINGS, own]]));
  const peppers = new Peppers(stores.peppers, index, random, clock, telemetry, {
    lifetimeMs: 7 * DAY_MS,
    graceMs: DAY_MS,
  });
  await keeper.start();
  await peppers.keep();

  const signer = new Ed25519Signer('id.example.org', [
    { keyId: 'ed25519:1', seed: new Uint8Array(32).fill(1) },
    { keyId: 'ed25519:0', seed: new Uint8Array(32).fill(2) },
  ]);
  const quotas = new Quotas(stores.limits, { mail: {}, sms: {}, invites: {}, lookup: {}, ...settings.quotas });
  const accounts = new Accounts(stores.accounts, fakeHomeservers(openIdTokens), random, clock);
  const publicUrl = 'https://id.example.org';
  const sessions = new Sessions(stores.sessions, [mails, texts], quotas, clock, random, {
    tokenLength: 32,
    codeLength: 6,
    maxGuesses: 5,
    linkOf: ({ sid, clientSecret, token, threepid }) =>
      `${publicUrl}/_matrix/identity/v2/validate/${threepid.medium}/submitToken?${new URLSearchParams({ sid, client_secret: clientSecret, token }).toString()}`,
  });
  const maxAddresses = settings.maxAddresses ?? 10_000;
  const lookups = new Lookups(
    [directory, new OwnBindings(stores.associations, index, clock)],
    peppers,
    clock,
    telemetry,
    { maxAddresses, routeName: 'id.example.org 0a1b2c3d' },
  );
  const leavers = new Leavers(settings.directories ?? [], stores.holders, stores.mirrors, keeper, clock, telemetry);
  const bindings = new Bindings(stores.associations, sessions, lookups, leavers, keeper, signer, clock, {
    directoryOwned: 'refuse',
  });
  const invites = new Invites(stores.invites, lookups, leavers, signer, quotas, random, clock, {
    publicUrl,
    webClient: 'https://app.example.org',
    allowedWebClients: [],
  });
  const mirrors = new Mirrors(settings.directories ?? [], stores.mirrors, keeper, clock, telemetry);
  const sync = syncing(mirrors, invites, leavers);
  const terms = new Terms(settings.policies ?? [], stores.terms, clock);
  const noKeys: HomeserverKeys = { find: async () => undefined };
  const requestAuth = new RequestAuth(
    settings.homeserverKeys ?? noKeys,
    signer,
    settings.serverNames ?? ['id.example.org'],
  );
  const operations = new Operations(stores.invites, stores.associations, bindings, leavers, telemetry);
  const services = {
    operations,
    terms,
    requestAuth,
    accounts,
    sessions,
    lookups,
    bindings,
    invites,
    mirrors,
    sync,
    quotas,
    signer,
    telemetry,
  };

  const app = httpApp(services, {
    publicUrl,
    versions: ['v1.1', 'v1.19'],
    trustedProxies: ['127.0.0.1/32'],
    v1: { allowFrom: [...loopback, ...privateRanges] },
    confirmPage: true,
    maxAddresses,
    maxBodyBytes: 1024 * 1024,
    pages,
    documents: new Map(),
    ...settings.http,
  });
  const admin = adminApp(services, {
    adminToken: ADMIN_TOKEN,
    clock,
    health: {
      ready: settings.ready ?? (async () => ({ ok: true, checks: { database: 'ok' } })),
      metrics: async () => 'islet_requests_total 1\n',
    },
  });
  const listening = await listen(app, { host: '127.0.0.1', port: 0 });
  const adminListening = await listen(admin, { host: '127.0.0.1', port: 0 });

  return {
    clock,
    telemetry,
    stores,
    mails,
    texts,
    openIdTokens,
    directory,
    services,
    peppers,
    port: listening.port,
    call: (method: string, path: string, call: Call = {}) =>
      askApi(listening.port, method, `/_matrix/identity${path}`, call),
    callAdmin: (method: string, path: string, call: Call = {}) => ask(adminListening.port, method, path, call),

    /** Signs a user in. @returns the access token */
    async signIn(mxid: Mxid): Promise<string> {
      openIdTokens.set(`openid of ${mxid}`, mxid);
      return accounts.register(mxid.slice(mxid.indexOf(':') + 1), `openid of ${mxid}`);
    },

    /** Binds an address as its user would. */
    async bind(threepid: Threepid, mxid: Mxid): Promise<void> {
      const clientSecret = `secret-of-${mxid.slice(1, mxid.indexOf(':'))}`;
      const preferences = { brand: undefined, acceptLanguage: undefined };
      const sid = await sessions.requestToken({
        threepid,
        clientSecret,
        sendAttempt: 1,
        nextLink: undefined,
        user: mxid,
        client: '127.0.0.1',
        preferences,
      });
      await sessions.submitToken(sid, clientSecret, (threepid.medium === 'email' ? mails : texts).token);
      await bindings.bind(sid, clientSecret, mxid);
    },

    close: async () => {
      await Promise.all([listening.close(0, 0), adminListening.close(0, 0)]);
      await index.close();
    },
  };
}

export type TestApp = Awaited<ReturnType<typeof startApp>>;

/** Asks the API, whose every answer must be one of the specification. */
async function askApi(port: number, method: string, path: string, call: Call): Promise<Answer> {
  const answer = await ask(port, method, path, call);
  expectConformance(method, path, answer);
  return answer;
}

async function ask(port: number, method: string, path: string, { token, body, headers }: Call): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array || body instanceof URLSearchParams;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
    ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: asJson(text) };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A directory that owns what it knows, asked live. */
class FakeDirectory implements ThreepidSource {
  readonly name = 'staff';
  readonly isOwner = true;
  readonly people = new Map<string, Mxid | 'contested'>();
  /** Thrown instead of answering. */
  failure: Error | undefined;

  add(threepid: Threepid, mxid: Mxid | 'contested'): void {
    this.people.set(keyOf(threepid), mxid);
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    if (this.failure) throw this.failure;
    return threepids.flatMap((threepid): Finding[] => {
      const mxid = this.people.get(keyOf(threepid));
      if (mxid === undefined) return [];
      return [mxid === 'contested' ? { threepid, contestedBy: ['cn=a', 'cn=b'] } : { threepid, mxid }];
    });
  }
}
