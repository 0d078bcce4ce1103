import { dirname } from 'node:path';
import { LdapSource, ldapSource } from '../../adapters/ldap/ldap-source.js';
import type { SearchAttributes } from '../../adapters/shared/search-text.js';
import { sourceContext } from '../../adapters/sources/context.js';
import { fileSource } from '../../adapters/sources/file-source.js';
import { fromModule } from '../../adapters/sources/load-module.js';
import { openSource } from '../../adapters/sources/open-source.js';
import { restSource } from '../../adapters/sources/rest-source.js';
import { sqlSource, synapseSource } from '../../adapters/sources/sql-source.js';
import { SystemClock } from '../../adapters/system/system-clock.js';
import { ResilientSource } from '../../adapters/upstream/resilient-source.js';
import type { UpstreamOptions } from '../../adapters/upstream/upstream-server.js';
import { UpstreamSource } from '../../adapters/upstream/upstream-source.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { OpenSource } from '../../source.js';
import type { ConfiguredSource } from './configured-source.js';
import { serverIdentity } from './server-identity.js';
import { rereadSecret } from '../config/input/reread-secret.js';
import type { Config, GuardedConfig, LdapConfig, UpstreamConfig } from '../config/config.js';

/**
 * The configured sources, in order.
 *
 * @throws Error naming the source that cannot be opened and the reason; the other sources are closed again
 */
export async function openSources(
  config: Config,
  http: HttpClient,
  telemetry: Telemetry,
): Promise<readonly ConfiguredSource[]> {
  const configuredSources: ConfiguredSource[] = [];
  try {
    for (const source of config.sources)
      configuredSources.push(await openConfigured(source, { config, http, telemetry }));
    return configuredSources;
  } catch (error) {
    await closeSources(configuredSources);
    throw error;
  }
}

export async function closeSources(configuredSources: readonly ConfiguredSource[]): Promise<void> {
  for (const configured of configuredSources) if (configured !== BINDINGS) await configured.source.close?.();
}

type Source = Config['sources'][number];

/** What is necessary to open a source, besides its own section. */
interface OpenContext {
  readonly config: Config;
  readonly http: HttpClient;
  readonly telemetry: Telemetry;
}

type Opener<K extends Source['kind']> = (
  source: Extract<Source, { kind: K }>,
  context: OpenContext,
) => ConfiguredSource | Promise<ConfiguredSource>;

/** The function that opens each kind of source. A kind in the configuration without an opener does not compile. */
const openers: { readonly [K in Source['kind']]: Opener<K> } = {
  ldap: (source, { config, telemetry }) => {
    const directory = openDirectory(source, telemetry, searchedIn(config, source.name));
    const { mirror } = source;
    const configured = { source: directory, checksAccounts: source.accounts === 'check' };
    return mirror ? { ...configured, mirror: { directory, ...mirror } } : configured;
  },
  upstream: (source, { config, http, telemetry }) => openUpstream(source, serverIdentity(config), http, telemetry),
  file: (source, context) => openGuarded(source, fileSource, searchable(source, context), context),
  sql: (source, context) => openGuarded(source, sqlSource, searchable(source, context), context),
  synapse: (source, context) => openGuarded(source, synapseSource, source, context),
  rest: (source, context) => openGuarded(source, restSource, searchable(source, context), context),
  use: (source, context) => openGuarded(source, fromModule(source.file), source.with, context),
  bindings: () => BINDINGS,
};

/** The table assigns the matching opener to each kind; the compiler cannot follow this through a union. */
async function openConfigured(source: Source, context: OpenContext): Promise<ConfiguredSource> {
  const open = openers[source.kind] as (source: Source, context: OpenContext) => ReturnType<Opener<Source['kind']>>;
  return open(source, context);
}

function openUpstream(
  source: UpstreamConfig,
  ownName: string,
  http: HttpClient,
  telemetry: Telemetry,
): ConfiguredSource {
  const options = { ...upstreamOptions(source), ownName, isFollowed: source.hashed };
  const upstream = new UpstreamSource(options, http, telemetry);
  const mannered = new ResilientSource(upstream, source, new SystemClock(), telemetry);
  return source.hashed ? { source: mannered, followed: upstream } : { source: mannered };
}

/** The connection options of an upstream. API v2 is used even if the token does not exist yet. */
export function upstreamOptions({ accessToken, accessTokenFile, ...rest }: UpstreamConfig): UpstreamOptions {
  const value = accessToken?.value ?? (accessTokenFile === undefined ? undefined : '');
  return { ...rest, accessToken: value, accessTokenFile };
}

/** A source of any kind, with a mirror if it can be listed and the mirror is not turned off. */
async function openGuarded<Options>(
  settings: GuardedConfig,
  open: OpenSource<Options>,
  options: Options,
  { config, http, telemetry }: OpenContext,
): Promise<ConfiguredSource> {
  const { dataDir, file } = config;
  const search = searchedIn(config, settings.name);
  const { name, ca, clientCertificate, mirror, accounts } = settings;
  const checksAccounts = accounts === 'check';
  const configFolder = file === undefined ? process.cwd() : dirname(file);
  const context = await sourceContext({ name, dataDir, configFolder, ca, clientCertificate }, options, http, telemetry);
  const { source, directory } = await openSource(open, options, context, { ...settings, search }, telemetry);
  if (search && !directory)
    throw new Error(`source ${name}: nobody of it can be found by name, because it has no listing`);
  if (mirror && directory) return { source, checksAccounts, mirror: { directory, ...mirror } };
  telemetry.info('source has no mirror: it answers only plain lookups', { event: 'source_not_mirrored', source: name });
  return { source, checksAccounts };
}

const searchable = <S extends { readonly name: string }>(source: S, { config }: OpenContext) => ({
  ...source,
  search: searchedIn(config, source.name),
});

/**
 * The attributes by which the people of a source are searched; `undefined` if the search does not include the source.
 */
const searchedIn = ({ search }: Config, source: string): SearchAttributes | undefined =>
  search?.sources.includes(source) ? { name: search.name, attributes: search.attributes } : undefined;

/** One directory as configured. */
export const openDirectory = (
  { bindPassword, ...options }: LdapConfig,
  telemetry: Telemetry,
  search?: SearchAttributes,
): LdapSource =>
  ldapSource(
    { ...options, search, password: bindPassword?.value, passwordFrom: bindPassword?.from, listsInThread: true },
    telemetry,
    new SystemClock(),
    bindPassword && (() => rereadSecret(bindPassword)),
  );

/** Retries secrets that were refused, with their current values from the files. */
export function reloadSecrets(configuredSources: readonly ConfiguredSource[]): void {
  for (const configured of configuredSources) {
    if (configured !== BINDINGS && configured.source instanceof LdapSource) configured.source.reloadSecrets();
  }
}
