import type { SrvRecord } from 'node:dns';
import { AxiosHttpClient } from '../../src/adapters/outbound/axios-http-client.js';
import {
  HttpConnectionError,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../../src/ports/http-client.js';

/**
 * A simulated network on one machine: `example.org:443` is a port of 127.0.0.1. Unknown names do not exist.
 * Everything else (TLS, certificates, limits) is real.
 */
export class PrivateNetwork implements HttpClient {
  /** The actual port of each `host:port`. */
  readonly places = new Map<string, number>();
  /** The SRV records of each name. */
  readonly services = new Map<string, readonly SrvRecord[]>();
  /** The requests, as method and URL, with the target of each. */
  readonly asked: string[] = [];

  private readonly client = new AxiosHttpClient(['127.0.0.1']);

  constructor(private readonly ca: string) {}

  async request(request: HttpRequest): Promise<HttpResponse> {
    const { hostname, port, protocol } = new URL(request.url);
    const { host, port: wanted } = request.connectTo ?? { host: hostname, port: Number(port || 443) };
    const place = `${host}:${wanted}`;
    this.asked.push(`${request.method} ${request.url} at ${place}`);
    const real = this.places.get(place);
    if (real === undefined)
      throw new HttpConnectionError(`${protocol}//${place}`, 'name_not_found', 'the name cannot be found');
    return this.client.request({ ca: this.ca, ...request, connectTo: { host: '127.0.0.1', port: real } });
  }

  readonly resolveSrv = async (name: string): Promise<readonly SrvRecord[]> => {
    const records = this.services.get(name);
    if (!records) throw Object.assign(new Error(`querySrv ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
    return records;
  };
}
