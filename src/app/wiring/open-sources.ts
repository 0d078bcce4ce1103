import { dirname } from 'node:path';
import type { LdapSource } from '../../adapters/ldap/ldap-source.js';
import { ldapSource } from '../../adapters/ldap/ldap-source.js';
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
import type { Config, GuardedConfig, LdapConfig, UpstreamConfig } from '../config/config.js';

/**
 * The stages that the configuration names, in its order.
 *
 * @throws Error naming the source that cannot be opened and the reason; the others are closed again
 */
export async function openSources(
  config: Config,
  http: HttpClient,
  telemetry: Telemetry,
): Promise<readonly ConfiguredSource[]> {
  const configuredSources: ConfiguredSource[] = [];
  try {
    for (const source of config.sources) configuredSources.push(await openStage(source, config, http, telemetry));
    return configuredSources;
  } catch (error) {
    await closeSources(configuredSources);
    throw error;
  }
}

export async function closeSources(configuredSources: readonly ConfiguredSource[]): Promise<void> {
  for (const stage of configuredSources) if (stage !== BINDINGS) await stage.source.close?.();
}

async function openStage(
  source: Config['sources'][number],
  config: Config,
  http: HttpClient,
  telemetry: Telemetry,
): Promise<ConfiguredSource> {
  switch (source.kind) {
    case 'ldap': {
      const directory = openDirectory(source, telemetry);
      const { mirror } = source;
      const checksAccounts = source.accounts === 'check';
      const stage = { source: directory, checksAccounts };
      return mirror ? { ...stage, mirror: { directory, ...mirror } } : stage;
    }
    case 'upstream':
      return openUpstream(source, serverIdentity(config), http, telemetry);
    case 'file':
      return openGuarded(source, fileSource, source, config, http, telemetry);
    case 'sql':
      return openGuarded(source, sqlSource, source, config, http, telemetry);
    case 'synapse':
      return openGuarded(source, synapseSource, source, config, http, telemetry);
    case 'rest':
      return openGuarded(source, restSource, source, config, http, telemetry);
    case 'use':
      return openGuarded(source, fromModule(source.file), source.with, config, http, telemetry);
    case 'bindings':
      return BINDINGS;
  }
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

/** What reaching an upstream takes. It is asked by v2 also while the token is still to come. */
export function upstreamOptions({ accessToken, accessTokenFile, ...rest }: UpstreamConfig): UpstreamOptions {
  const value = accessToken?.value ?? (accessTokenFile === undefined ? undefined : '');
  return { ...rest, accessToken: value, accessTokenFile };
}

/** A source of any make, mirrored if it can list itself and nobody has forbidden it. */
async function openGuarded<Options>(
  settings: GuardedConfig,
  open: OpenSource<Options>,
  options: Options,
  { dataDir, file }: Config,
  http: HttpClient,
  telemetry: Telemetry,
): Promise<ConfiguredSource> {
  const { name, ca, clientCertificate, mirror, accounts } = settings;
  const checksAccounts = accounts === 'check';
  const configFolder = file === undefined ? process.cwd() : dirname(file);
  const context = await sourceContext({ name, dataDir, configFolder, ca, clientCertificate }, options, http, telemetry);
  const { source, directory } = await openSource(open, options, context, settings, telemetry);
  if (mirror && directory) return { source, checksAccounts, mirror: { directory, ...mirror } };
  telemetry.info('source has no mirror: it answers only plain lookups', { event: 'source_not_mirrored', source: name });
  return { source, checksAccounts };
}

/** One directory as configured. */
export const openDirectory = ({ bindPassword, ...options }: LdapConfig, telemetry: Telemetry): LdapSource =>
  ldapSource(
    { ...options, password: bindPassword?.value, passwordFrom: bindPassword?.from, listsInThread: true },
    telemetry,
  );
