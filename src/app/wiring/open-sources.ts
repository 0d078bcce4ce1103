import { dirname } from 'node:path';
import { LdapSource, ldapSource } from '../../adapters/ldap/ldap-source.js';
import type { SearchAttributes } from '../../adapters/shared/search-text.js';
import { sourceContext } from '../../adapters/sources/context.js';
import { fromModule } from '../../adapters/sources/load-module.js';
import { openSource } from '../../adapters/sources/open-source.js';
import { restSource } from '../../adapters/sources/rest-source.js';
import type { SqlPlace } from '../../adapters/sources/sql-database.js';
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
import { OpenSecrets } from './open-secrets.js';
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
  secrets = new OpenSecrets(telemetry),
): Promise<readonly ConfiguredSource[]> {
  const configuredSources: ConfiguredSource[] = [];
  try {
    for (const source of config.sources)
      configuredSources.push(await openConfigured(source, { config, http, telemetry, secrets }));
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
  readonly secrets: OpenSecrets;
}

type Opener<K extends Source['kind']> = (
  source: Extract<Source, { kind: K }>,
  context: OpenContext,
) => ConfiguredSource | Promise<ConfiguredSource>;

/** The function that opens each kind of source. A kind in the configuration without an opener does not compile. */
const openers: { readonly [K in Source['kind']]: Opener<K> } = {
  ldap: (source, { config, telemetry, secrets }) => {
    const directory = openDirectory(source, telemetry, secrets, searchedIn(config, source.name));
    const { mirror } = source;
    const configured = { source: directory, checksAccounts: source.accounts === 'check' };
    return mirror ? { ...configured, mirror: { directory, ...mirror } } : configured;
  },
  upstream: (source, context) => openUpstream(source, context),
  file: async (source, context) => {
    const { fileSource } = await import('../../adapters/sources/file-source.js');
    return openGuarded(source, fileSource, searchable(source, context), context);
  },
  sql: (source, context) => {
    const place = placeOf(source, context);
    return openGuarded(source, sqlSource, { ...searchable(source, context), place }, context);
  },
  synapse: (source, context) =>
    openGuarded(source, synapseSource, { ...source, place: placeOf(source, context) }, context),
  rest: (source, context) => {
    const accessToken = context.secrets.openOptional(source.accessToken);
    return openGuarded(source, restSource, { ...searchable(source, context), accessToken }, context);
  },
  use: (source, context) => openGuarded(source, fromModule(source.file), source.with, context),
  bindings: () => BINDINGS,
};

/** The table assigns the matching opener to each kind; the compiler cannot follow this through a union. */
async function openConfigured(source: Source, context: OpenContext): Promise<ConfiguredSource> {
  const open = openers[source.kind] as (source: Source, context: OpenContext) => ReturnType<Opener<Source['kind']>>;
  return open(source, context);
}

/** A database with its password. */
function placeOf({ place }: Extract<Source, { kind: 'sql' | 'synapse' }>, { secrets }: OpenContext): SqlPlace {
  return 'url' in place ? { ...place, password: secrets.openOptional(place.password) } : place;
}

function openUpstream(source: UpstreamConfig, { config, http, telemetry, secrets }: OpenContext): ConfiguredSource {
  const options = { ...upstreamOptions(source), ownName: serverIdentity(config), isFollowed: source.hashed };
  const upstream = new UpstreamSource(options, http, telemetry);
  secrets.onRenew(() => void upstream.reloadSecrets());
  const resilient = new ResilientSource(upstream, source, new SystemClock(), telemetry);
  return source.hashed ? { source: resilient, followed: upstream } : { source: resilient };
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

/** The LDAP directories among the sources. */
export const ldapIn = (configuredSources: readonly ConfiguredSource[]): readonly LdapSource[] =>
  configuredSources.flatMap((configured) =>
    configured !== BINDINGS && configured.source instanceof LdapSource ? configured.source : [],
  );

/** One directory as configured. */
export function openDirectory(
  { bindPassword, ...options }: LdapConfig,
  telemetry: Telemetry,
  secrets = new OpenSecrets(telemetry),
  search?: SearchAttributes,
): LdapSource {
  const secret = secrets.openOptional(bindPassword);
  const from = bindPassword?.from;
  const directory = ldapSource(
    { ...options, search, password: bindPassword?.value, passwordFrom: from, listsInThread: true },
    telemetry,
    new SystemClock(),
    secret && (() => ({ value: secret.latest, from })),
  );
  secrets.onRenew(() => directory.reloadSecrets());
  return directory;
}
