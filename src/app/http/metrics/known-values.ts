import type { SmsGateway } from '../../../adapters/messaging/sms/gateway.js';
import { gatewayLabel } from '../../../adapters/messaging/sms/sms-sender.js';
import type { KnownValues } from '../../../adapters/system/declared-metrics.js';
import { limitNames } from '../../../domain/rate-limiting/quotas.js';
import type { Config } from '../../config/config.js';
import { type ConfiguredSource, mirroredIn } from '../../wiring/configured-source.js';

interface Named {
  readonly configuredSources: readonly ConfiguredSource[];
  readonly publicEndpoints: readonly string[];
  readonly adminEndpoints: readonly string[];
  readonly jobKinds: readonly string[];
  readonly followed: string | undefined;
  readonly gateways: readonly SmsGateway[];
}

/** All values that the labels of the metrics can have: counters exist with each of them from the start. */
export function knownValues(config: Config, named: Named): KnownValues {
  const namesOf = (kind: string) => config.sources.flatMap((source) => (source.kind === kind ? source.name : []));
  return {
    endpoint: [...new Set([...named.publicEndpoints, ...named.adminEndpoints])],
    publicEndpoint: named.publicEndpoints,
    source: config.sources.map(({ name }) => name),
    mirror: mirroredIn(named.configuredSources).map(({ directory }) => directory.name),
    ldap: namesOf('ldap'),
    upstream: namesOf('upstream'),
    followedUpstream: named.followed === undefined ? [] : [named.followed],
    job: named.jobKinds,
    limit: limitNames(config.limits),
    gateway: [...new Set(named.gateways.map(gatewayLabel))],
    // Each is declared when it starts.
    schedule: [],
  };
}
