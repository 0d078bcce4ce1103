import type { Readable } from 'node:stream';
import axios, { type AxiosResponse } from 'axios';
import { HttpConnectionError, type HttpClient, type HttpRequest, type HttpResponse } from '../../ports/http-client.js';
import { AddressGuard } from './address-guard.js';
import { Agents, createAgent } from './agent.js';
import { bareCause, explain } from './http-error.js';
import { inUrl } from '../shared/hosts.js';

/** No proxy settings from the environment, no redirects, no errors for statuses, unprocessed bodies. */
const http = axios.create({
  adapter: 'http',
  proxy: false,
  maxRedirects: 0,
  maxBodyLength: Infinity,
  validateStatus: null,
  responseType: 'stream',
  transformRequest: [(body: unknown) => body],
  transformResponse: [(body: unknown) => body],
  headers: { common: { Accept: 'application/json', 'User-Agent': 'Islet' } },
});

export class AxiosHttpClient implements HttpClient {
  private readonly guard: AddressGuard;
  private readonly agents = new Agents();

  /**
   * @param allow non-public addresses and ranges that may be connected to on behalf of untrusted clients
   * @param nat64 NAT64 prefixes of this network
   */
  constructor(allow: readonly string[] = [], nat64: readonly string[] = []) {
    this.guard = new AddressGuard(allow, nat64);
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const url = parse(request.url);
    const isOurs = request.chosenBy === 'operator';
    const agent = isOurs ? this.agents.for(url, request) : createAgent(url, request, {}, this.guard);
    const signal = AbortSignal.timeout(request.timeLimitMs);
    const endpoint = hopOf(url, request);
    try {
      const response = await http.request<Readable>({
        url: url.href,
        method: request.method,
        headers: { 'Content-Type': false, ...request.headers },
        data: request.body,
        httpAgent: agent,
        httpsAgent: agent,
        signal,
      });
      const body = await read(response.data, request.maxBytes);
      if (body === undefined)
        throw new HttpConnectionError(endpoint, 'too_large', `the answer is larger than ${request.maxBytes} bytes`);
      return { status: response.status, headers: headersOf(response), body };
    } catch (error) {
      if (error instanceof HttpConnectionError) throw error;
      const cause = bareCause(error);
      if (signal.aborted)
        throw new HttpConnectionError(endpoint, 'timeout', `no answer within ${request.timeLimitMs / 1000} s`, {
          cause,
        });
      const { problem, reason } = explain(error);
      throw new HttpConnectionError(endpoint, problem, reason, { cause });
    } finally {
      if (!isOurs) agent.destroy();
    }
  }
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new HttpConnectionError('the given URL', 'broken', 'it is not an http or https URL');
  }
  if (url.username !== '' || url.password !== '') {
    throw new HttpConnectionError(url.origin, 'broken', 'its URL contains a user name or a password');
  }
  return url;
}

function hopOf(url: URL, { connectTo }: HttpRequest): string {
  if (!connectTo) return url.origin;
  return `${url.protocol}//${inUrl(connectTo.host)}:${connectTo.port}`;
}

/** The whole body; `undefined` as soon as it exceeds `maxBytes`. Stopping early closes the connection. */
async function read(body: Readable, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

const headersOf = ({ headers }: AxiosResponse): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]: [string, unknown]) => [name.toLowerCase(), [value].flat().join(', ')]),
  );
