import { dirname } from 'node:path';
import type { LdapSource } from '../adapters/ldap/source.js';
import { ldapSource } from '../adapters/ldap/source.js';
import { sourceContext } from '../adapters/sources/context.js';
import { fileSource } from '../adapters/sources/file-source.js';
import { fromModule } from '../adapters/sources/load-module.js';
import { openSource } from '../adapters/sources/open-source.js';
import { restSource } from '../adapters/sources/rest-source.js';
import { sqlSource, synapseSource } from '../adapters/sources/sql-source.js';
import { SystemClock } from '../adapters/system/system-clock.js';
import { ManneredSource } from '../adapters/upstream/mannered-source.js';
import type { UpstreamOptions } from '../adapters/upstream/upstream-server.js';
import { UpstreamSource } from '../adapters/upstream/upstream-source.js';
import { BINDINGS } from '../domain/association.js';
import type { HttpClient } from '../ports/http-client.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { OpenSource } from '../source.js';
import type { Stage } from './chain.js';
import { routeName } from './route-name.js';
import type { Config, GuardedConfig, LdapConfig, UpstreamConfig } from './config.js';

/**
 * The stages that the configuration names, in its order.
 *
 * @throws Error naming the source that cannot be opened and the reason; the others are closed again
 */
export async function openStages(config: Config, http: HttpClient, telemetry: Telemetry): Promise<readonly Stage[]> {
  const stages: Stage[] = [];
  try {
    for (const source of config.sources) stages.push(await openStage(source, config, http, telemetry));
    return stages;
  } catch (error) {
    await closeStages(stages);
    throw error;
  }
}

export async function closeStages(stages: readonly Stage[]): Promise<void> {
  for (const stage of stages) if (stage !== BINDINGS) await stage.source.close?.();
}

async function openStage(
  source: Config['sources'][number],
  config: Config,
  http: HttpClient,
  telemetry: Telemetry,
): Promise<Stage> {
  switch (source.kind) {
    case 'ldap': {
      const directory = openDirectory(source, telemetry);
      const { mirror } = source;
      const checksAccounts = source.accounts === 'check';
      const stage = { source: directory, checksAccounts };
      return mirror ? { ...stage, mirror: { directory, ...mirror } } : stage;
    }
    case 'upstream':
      return openUpstream(source, routeName(config), http, telemetry);
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

function openUpstream(source: UpstreamConfig, ownName: string, http: HttpClient, telemetry: Telemetry): Stage {
  const options = { ...upstreamOptions(source), ownName, isFollowed: source.hashed };
  const upstream = new UpstreamSource(options, http, telemetry);
  const mannered = new ManneredSource(upstream, source, new SystemClock(), telemetry);
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
): Promise<Stage> {
  const { name, ca, mirror, accounts } = settings;
  const checksAccounts = accounts === 'check';
  const configFolder = file === undefined ? process.cwd() : dirname(file);
  const context = await sourceContext({ name, dataDir, configFolder, ca }, options, http, telemetry);
  const { source, directory } = await openSource(open, options, context, settings, telemetry);
  if (mirror && directory) return { source, checksAccounts, mirror: { directory, ...mirror } };
  telemetry.info('a source is not mirrored: it answers lookups in clear only', { source: name });
  return { source, checksAccounts };
}

/** One directory as configured. */
export const openDirectory = ({ bindPassword, ...options }: LdapConfig, telemetry: Telemetry): LdapSource =>
  ldapSource(
    { ...options, password: bindPassword?.value, passwordFrom: bindPassword?.from, listsInThread: true },
    telemetry,
  );
