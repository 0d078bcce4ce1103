import { adminApp, type AdminOptions } from '../../src/app/http/admin/admin-server.js';
import { adminPage, type AdminPageOptions } from '../../src/app/http/admin/page/admin-page.js';
import { listen } from '../../src/app/http/listen.js';
import { RequestProbes } from '../../src/app/http/request-probe.js';
import { type HttpOptions, httpApp } from '../../src/app/http/server.js';
import { buildContainer, servicesOf } from '../../src/app/wiring/container.js';
import { Templates } from '../../src/adapters/messaging/templates.js';
import type { Policy } from '../../src/domain/accounts/policy.js';
import type { Finding } from '../../src/domain/associations/association.js';
import { BINDINGS } from '../../src/domain/associations/binding.js';
import { IndexUpdater } from '../../src/domain/hash-index/index-updater.js';
import type { Mxid } from '../../src/domain/identifiers/mxid.js';
import { keyOf, type Threepid } from '../../src/domain/identifiers/threepid.js';
import type { MirroredDirectory } from '../../src/domain/mirror/mirror-service.js';
import { PepperService } from '../../src/domain/peppers/pepper-service.js';
import type { QuotaOptions } from '../../src/domain/rate-limiting/quotas.js';
import type { DomainError } from '../../src/domain/shared/errors.js';
import type { HomeserverKeys } from '../../src/ports/homeserver-keys.js';
import type { ThreepidSource } from '../../src/ports/threepid-source.js';
import { expectConformance } from './contract/violations.js';
import type { SearchOptions } from '../../src/app/wiring/search-module.js';
import type { UserDirectoryOptions } from '../../src/app/http/api/user-directory.js';
import { DAY_MS, fakeAdapters, testOptions, testSearch } from './fake-adapters.js';
import { fakeHomeservers } from './fakes.js';

export { DAY_MS } from './fake-adapters.js';
export const ADMIN_TOKEN = 'the-admin-token';

const loopback = ['127.0.0.0/8', '::1/128'];
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

const pages = new Templates({ brand: 'islet', language: 'en', serverName: 'id.example.org' });

export interface Settings {
  readonly http?: Partial<HttpOptions>;
  readonly quotas?: Partial<QuotaOptions>;
  readonly directories?: readonly MirroredDirectory[];
  /** Options of the admin page. */
  readonly page?: Partial<AdminPageOptions>;
  readonly templates?: Templates;
  readonly ready?: AdminOptions['health']['ready'];
  readonly maxAddresses?: number;
  readonly policies?: readonly Policy[];
  readonly homeserverKeys?: HomeserverKeys;
  /** The first name is used to sign; by default only `id.example.org`. */
  readonly serverNames?: readonly string[];
  /** The options of the search by name; by default it is not configured. */
  readonly search?: Partial<SearchOptions & UserDirectoryOptions>;
}

/** The options of a test request besides method and path. */
export interface Call {
  readonly token?: string | undefined;
  /** Strings are sent unchanged, forms as forms, everything else as JSON. */
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

/** The complete application with in-memory stores, listening. The caller closes it. */
export async function startApp(settings: Settings = {}) {
  /** OpenID tokens and their users. */
  const openIdTokens = new Map<string, string | DomainError>();
  const directory = new FakeDirectory();
  const adapters = fakeAdapters({
    homeservers: fakeHomeservers(openIdTokens),
    ...(settings.homeserverKeys && { homeserverKeys: settings.homeserverKeys }),
  });
  const { clock, telemetry, stores, mails, texts, index } = adapters;
  const publicUrl = 'https://id.example.org';
  const maxAddresses = settings.maxAddresses ?? 10_000;
  const container = buildContainer(
    [
      ...(settings.directories?.map((mirror) => ({ source: directory, mirror: { ...mirror, everyMs: 60_000 } })) ?? [
        { source: directory },
      ]),
      BINDINGS,
    ],
    testOptions({
      lookup: { lifetimeMs: 7 * DAY_MS, graceMs: DAY_MS, maxAddresses },
      sessions: {
        tokenLength: 32,
        codeLength: 6,
        maxGuesses: 5,
        linkOf: ({ sid, clientSecret, token, threepid }) =>
          `${publicUrl}/_matrix/identity/v2/validate/${threepid.medium}/submitToken?${new URLSearchParams({ sid, client_secret: clientSecret, token }).toString()}`,
      },
      limits: settings.quotas ?? {},
      policies: settings.policies ?? [],
      serverNames: settings.serverNames ?? ['id.example.org'],
      ...(settings.search && { search: { ...testSearch, ...settings.search } }),
    }),
    ...adapters.modules,
  );
  const services = servicesOf(container);
  const { accountService, validationService, bindingService } = services;
  const pepperService = container.get(PepperService);
  await container.get(IndexUpdater).start();
  await services.search?.nameIndexUpdater.start();
  await pepperService.rotateIfDue();

  const probes = new RequestProbes();
  const app = httpApp(services, {
    probes,
    publicUrl,
    versions: ['v1.1', 'v1.19'],
    trustedProxies: ['127.0.0.1/32'],
    v1: { allowFrom: [...loopback, ...privateRanges] },
    nextLinkHosts: ['app.example.org', 'id.example.org'],
    confirmPage: true,
    maxAddresses,
    maxBodyBytes: 1024 * 1024,
    pages,
    documents: new Map(),
    search: settings.search && { order: 'homeserver', timeLimitMs: 1_000, profiles: true, ...settings.search },
    ...settings.http,
  });
  const health = {
    ready: settings.ready ?? (async () => ({ ok: true, checks: { database: 'ok' } })),
    metrics: async () => 'islet_requests_total 1\n',
  };
  const page = adminPage(services, {
    trustedProxies: [],
    templates: settings.templates ?? pages,
    clock,
    random: adapters.random,
    health,
    read: async () => [],
    runChecks: async () => [],
    tries: {},
    ...settings.page,
  });
  const admin = adminApp(services, {
    adminToken: ADMIN_TOKEN,
    clock,
    probes,
    hosts: ['islet-admin.example.org'],
    page,
    health,
  });
  const listening = await listen(app.answer, { host: '127.0.0.1', port: 0 });
  const adminListening = await listen(admin, { host: '127.0.0.1', port: 0 });

  return {
    clock,
    telemetry,
    stores,
    mails,
    texts,
    openIdTokens,
    directory,
    names: adapters.names,
    userDirectory: adapters.userDirectory,
    services,
    pepperService,
    page,
    port: listening.port,
    adminPort: adminListening.port,
    call: (method: string, path: string, call: Call = {}) =>
      askApi(listening.port, method, `/_matrix/identity${path}`, call),
    callClient: (method: string, path: string, call: Call = {}) => ask(listening.port, method, path, call),
    callAdmin: (method: string, path: string, call: Call = {}) => ask(adminListening.port, method, path, call),

    /** Signs a user in. @returns the access token */
    async signIn(mxid: Mxid): Promise<string> {
      openIdTokens.set(`openid of ${mxid}`, mxid);
      return accountService.register(mxid.slice(mxid.indexOf(':') + 1), `openid of ${mxid}`);
    },

    /** Binds an address as its user does. */
    async bind(threepid: Threepid, mxid: Mxid): Promise<void> {
      const clientSecret = `secret-of-${mxid.slice(1, mxid.indexOf(':'))}`;
      const preferences = { brand: undefined, acceptLanguage: undefined };
      const sid = await validationService.requestToken({
        threepid,
        clientSecret,
        sendAttempt: 1,
        nextLink: undefined,
        user: mxid,
        client: '127.0.0.1',
        preferences,
      });
      await validationService.submitToken(sid, clientSecret, (threepid.medium === 'email' ? mails : texts).token);
      await bindingService.bind(sid, clientSecret, mxid);
    },

    close: async () => {
      await Promise.all([listening.close(0, 0), adminListening.close(0, 0)]);
      await index.close();
    },
  };
}

export type TestApp = Awaited<ReturnType<typeof startApp>>;

/** Sends a request to the API and checks the response against the specification. */
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

/** A directory that is authoritative for its addresses and is queried live. */
class FakeDirectory implements ThreepidSource {
  readonly name = 'staff';
  readonly isAuthoritative = true;
  readonly people = new Map<string, Mxid | 'ambiguous'>();
  /** If set, each lookup rejects with this error. */
  failure: Error | undefined;

  add(threepid: Threepid, mxid: Mxid | 'ambiguous'): void {
    this.people.set(keyOf(threepid), mxid);
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    if (this.failure) throw this.failure;
    return threepids.flatMap((threepid): Finding[] => {
      const mxid = this.people.get(keyOf(threepid));
      if (mxid === undefined) return [];
      return [mxid === 'ambiguous' ? { threepid, claimants: ['cn=a', 'cn=b'] } : { threepid, mxid }];
    });
  }
}
