import { LdapSource } from '../../adapters/ldap/ldap-source.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { ConfiguredSource } from '../wiring/configured-source.js';

/** Logs problems of directories without a mirror. No sync reads them, so nothing else would report these problems. */
export async function checkUnmirroredDirectories(
  configuredSources: readonly ConfiguredSource[],
  telemetry: Telemetry,
): Promise<void> {
  for (const configured of configuredSources) {
    if (configured === BINDINGS || configured.mirror || !(configured.source instanceof LdapSource)) continue;
    for (const { endpoint, problem } of await configured.source.check()) {
      if (problem !== undefined) {
        telemetry.warn('directory cannot be used as configured', {
          event: 'directory_unusable',
          source: configured.source.name,
          endpoint,
          problem,
        });
      }
    }
  }
}
