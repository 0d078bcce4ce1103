import { LdapSource } from '../adapters/ldap/source.js';
import { BINDINGS } from '../domain/association.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Stage } from './chain.js';

/** Says what is wrong with directories that have no mirror: nobody lists them, so nothing else would. */
export async function checkUnmirrored(stages: readonly Stage[], telemetry: Telemetry): Promise<void> {
  for (const stage of stages) {
    if (stage === BINDINGS || stage.mirror || !(stage.source instanceof LdapSource)) continue;
    for (const { hop, problem } of await stage.source.check()) {
      if (problem !== undefined) {
        telemetry.warn('a directory cannot be used as configured', { source: stage.source.name, hop, problem });
      }
    }
  }
}
