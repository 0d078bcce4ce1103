import { ResilientSource } from '../../adapters/upstream/resilient-source.js';
import { BINDINGS } from '../../domain/associations/binding.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { ConfiguredSource } from '../wiring/configured-source.js';
import { runPeriodically, type Schedule } from './periodic.js';

const PROBE_MS = 2_000;

/**
 * Probes upstreams that failed, as often as their circuit breakers allow. Otherwise they would be reported as failed
 * until the next lookup.
 */
export const scheduleUpstreamProbes = (
  configuredSources: readonly ConfiguredSource[],
  telemetry: Telemetry,
): readonly Schedule[] =>
  configuredSources.flatMap((configured) => {
    if (configured === BINDINGS) return [];
    const { source } = configured;
    if (!(source instanceof ResilientSource)) return [];
    return [runPeriodically(PROBE_MS, `probe of ${source.name}`, telemetry, () => source.probe())];
  });
