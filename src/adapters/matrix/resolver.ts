import { parseServerName } from '../../domain/identifiers/server-name.js';
import type { Clock } from '../../ports/clock.js';
import type { HttpClient } from '../../ports/http-client.js';
import { findService, resolveSrv, type ResolveSrv, type Target } from './service-records.js';
import { WellKnown } from './well-known.js';
import { inUrl } from '../shared/hosts.js';

/** How to connect to a homeserver. */
export interface Route {
  /** The resolution steps, for the log: `example.org`, `.well-known`, `SRV _matrix-fed._tcp.hs.example.org`. */
  readonly steps: readonly string[];
  readonly isDelegated: boolean;
  /** Scheme and the name that its certificate must contain. */
  readonly url: string;
  /** For the Host header. */
  readonly host: string;
  /** Where to connect, in the order to try; none if the name is declared to have no homeserver. */
  readonly targets: readonly Target[];
}

const DEFAULT_PORT = 8448;

/** Resolves server names of homeservers. Spec: Server-Server API, "Resolving server names". */
export class HomeserverResolver {
  private readonly wellKnown: WellKnown;

  constructor(
    http: HttpClient,
    clock: Clock,
    private readonly serviceRecords: ResolveSrv = resolveSrv,
  ) {
    this.wellKnown = new WellKnown(http, clock);
  }

  /** @throws Error if this is not a server name */
  async resolve(name: string): Promise<Route> {
    const direct = directRoute(name, [name]);
    if (direct) return direct;

    const delegation = await this.wellKnown.find(name);
    if ('absence' in delegation) return this.byService(name, [name, `no .well-known (${delegation.absence})`]);
    const { server } = delegation;
    const steps = [name, '.well-known'];
    const route = directRoute(server, steps) ?? (await this.byService(server, steps));
    return { ...route, isDelegated: true };
  }

  private async byService(host: string, steps: readonly string[]): Promise<Route> {
    const route = { isDelegated: false, url: `https://${host}`, host };
    const service = await findService([`_matrix-fed._tcp.${host}`, `_matrix._tcp.${host}`], this.serviceRecords);
    if (!service) return { ...route, steps, targets: [{ host, port: DEFAULT_PORT }] };
    return { ...route, steps: [...steps, `SRV ${service.name}`], targets: service.targets };
  }
}

/** The route for an IP address, or for a name with a port. Neither needs discovery. */
function directRoute(name: string, steps: readonly string[]): Route | undefined {
  const parsed = parseServerName(name);
  if (!parsed) throw new Error('this is not a server name');
  const { host, port = DEFAULT_PORT, isLiteralAddress } = parsed;
  if (parsed.port === undefined && !isLiteralAddress) return undefined;
  const url = `https://${inUrl(host)}`;
  return { steps, isDelegated: false, url, host: name, targets: [{ host, port }] };
}
