import type { LdapSource } from '../adapters/ldap/source.js';
import { ldapSource } from '../adapters/ldap/source.js';
import { UpstreamSource } from '../adapters/upstream/upstream-source.js';
import { BINDINGS } from '../domain/association.js';
import type { HttpClient } from '../ports/http-client.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Stage } from './chain.js';
import type { Config, LdapConfig } from './config.js';

/** The stages that the configuration names, in its order. */
export function openStages(config: Config, http: HttpClient, telemetry: Telemetry): readonly Stage[] {
  return config.sources.map((source): Stage => {
    switch (source.kind) {
      case 'ldap': {
        const directory = openDirectory(source, telemetry);
        const { mirror } = source;
        return mirror ? { source: directory, mirror: { directory, ...mirror } } : { source: directory };
      }
      case 'upstream':
        return {
          source: new UpstreamSource({ ...source, accessToken: source.accessToken?.value }, http, telemetry),
        };
      case 'bindings':
        return BINDINGS;
    }
  });
}

/** One directory as configured. */
export const openDirectory = ({ bindPassword, ...options }: LdapConfig, telemetry: Telemetry): LdapSource =>
  ldapSource({ ...options, password: bindPassword?.value, listsInThread: true }, telemetry);
