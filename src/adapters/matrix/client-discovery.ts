import { isServerName, parseServerName } from '../../domain/identifiers/server-name.js';
import type { Clock } from '../../ports/clock.js';
import type { HttpClient, HttpRequest } from '../../ports/http-client.js';
import { parseJsonObject } from './parse-json.js';
import { followRedirects } from './well-known.js';
import { inUrl } from '../shared/hosts.js';
import { trimSlashes } from '../../domain/shared/trim-slashes.js';

/** The base URL and request options of a homeserver's Client-Server API. */
export type ClientPlace = Pick<HttpRequest, 'url' | 'headers' | 'chosenBy' | 'ca' | 'clientCertificate' | 'tlsName'>;

/** The configured address of a homeserver. */
export interface KnownClientPlace {
  readonly url: string;
  /** Base URL of the Client-Server API, if it differs from `url`. */
  readonly clientUrl?: string;
  readonly ca?: string;
  readonly clientCertificate?: string;
  readonly tlsName?: string;
}

const DISCOVERY_MS = 4_000;
const REMEMBERED_MS = 60 * 60 * 1000;

/** Finds the Client-Server API of homeservers. Spec: Client-Server API, "Server discovery". */
export class ClientPlaces {
  private readonly found = new Map<string, { readonly place: ClientPlace; readonly expiresAt: number }>();

  constructor(
    private readonly http: HttpClient,
    private readonly clock: Clock,
    private readonly known: Readonly<Record<string, KnownClientPlace>> = {},
  ) {}

  /** @throws Error or HttpConnectionError if it cannot be found */
  async find(homeserver: string): Promise<ClientPlace> {
    const known = Object.hasOwn(this.known, homeserver) ? this.known[homeserver] : undefined;
    if (known) return knownPlace(known);
    const remembered = this.found.get(homeserver);
    if (remembered && this.clock.now() < remembered.expiresAt) return remembered.place;
    const place = { url: await this.discover(homeserver), chosenBy: 'stranger' } as const;
    this.found.set(homeserver, { place, expiresAt: this.clock.now() + REMEMBERED_MS });
    return place;
  }

  private async discover(homeserver: string): Promise<string> {
    const host = isServerName(homeserver) ? parseServerName(homeserver)?.host : undefined;
    if (host === undefined) throw new Error('the name of the homeserver is not valid');
    const origin = `https://${inUrl(host)}`;
    const deadline = this.clock.now() + DISCOVERY_MS;
    const { status, body } = await followRedirects(
      this.http,
      `${origin}/.well-known/matrix/client`,
      () => deadline - this.clock.now(),
    );
    if (status === 404) return origin;
    const content = status === 200 ? parseJsonObject(body) : undefined;
    const server = content?.['m.homeserver'];
    const url = typeof server === 'object' && server !== null && 'base_url' in server ? server['base_url'] : undefined;
    if (typeof url !== 'string' || !url.startsWith('https://') || !URL.canParse(url)) {
      throw new Error(`${host} -> .well-known/matrix/client -> ${status}, without an https URL of a homeserver`);
    }
    return trimSlashes(url);
  }
}

/** The Client-Server API of a configured homeserver. */
export function knownPlace({ url, clientUrl, ca, clientCertificate, tlsName }: KnownClientPlace): ClientPlace {
  // `tlsName` is for the federation port and does not apply to another URL.
  const name = clientUrl === undefined ? tlsName : undefined;
  const { port } = new URL(url);
  return {
    url: trimSlashes(clientUrl ?? url),
    chosenBy: 'operator',
    ...(ca !== undefined && { ca }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(name !== undefined && { tlsName: name, headers: { host: port === '' ? name : `${name}:${port}` } }),
  };
}
