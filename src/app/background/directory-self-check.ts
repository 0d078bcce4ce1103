import { LdapSource } from '../../adapters/ldap/ldap-source.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { ConfiguredSource } from '../wiring/configured-source.js';

/** Says what is wrong with directories that have no mirror: nobody lists them, so nothing else would. */
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
