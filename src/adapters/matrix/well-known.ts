import { pauseAfter } from '../../domain/shared/backoff.js';
import { parseServerName } from '../../domain/identifiers/server-name.js';
import type { Clock } from '../../ports/clock.js';
import { HttpConnectionError, type HttpClient, type HttpResponse } from '../../ports/http-client.js';
import { parseJsonObject } from './parse-json.js';
import { HOUR_MS, MINUTE_MS } from '../../domain/shared/durations.js';

/** The delegated server name of a host, or why there is none. */
export type Delegation = { readonly server: string } | { readonly absence: string };

/**
 * For the whole request including redirects. If a web server never responds, there must be time left for the
 * homeserver.
 */
const LIMIT_MS = 4_000;
const MAX_BYTES = 50 * 1024;
const MOST_REDIRECTS = 5;

const DEFAULT_LIFETIME_MS = 24 * HOUR_MS;
const SHORTEST_LIFETIME_MS = 5 * MINUTE_MS;
const LONGEST_LIFETIME_MS = 48 * HOUR_MS;
const ABSENCE = { firstMs: MINUTE_MS, longestMs: HOUR_MS };

/** Host names come from untrusted clients, so the oldest entries are evicted. */
const MOST_ENTRIES = 1_000;

interface Entry {
  readonly delegation: Promise<Delegation>;
  /** ms since the epoch; `undefined` while the request is in flight. */
  expiresAt: number | undefined;
  /** Number of consecutive results without a delegation. */
  readonly absences: number;
}

/** `/.well-known/matrix/server`, cached as specified. Spec: Server-Server API, "Server discovery". */
export class WellKnown {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly http: HttpClient,
    private readonly clock: Clock,
  ) {}

  /** Concurrent requests for the same host share one result. Never rejects. */
  find(host: string): Promise<Delegation> {
    const known = this.entries.get(host);
    if (known && (known.expiresAt === undefined || known.expiresAt > this.clock.now())) return known.delegation;
    const fetched = this.fetch(host);
    const entry: Entry = {
      delegation: fetched.then(({ delegation }) => delegation),
      expiresAt: undefined,
      absences: known?.absences ?? 0,
    };
    void fetched.then(({ delegation, lifetimeMs }) => this.store(host, entry, delegation, lifetimeMs));
    this.remember(host, entry);
    return entry.delegation;
  }

  private store(host: string, { delegation, absences }: Entry, answer: Delegation, lifetimeMs: number): void {
    const isAbsent = 'absence' in answer;
    const cachedMs = isAbsent ? pauseAfter(ABSENCE, absences + 1) : lifetimeMs;
    const expiresAt = this.clock.now() + cachedMs;
    this.remember(host, { delegation, expiresAt, absences: isAbsent ? absences + 1 : 0 });
  }

  private remember(host: string, entry: Entry): void {
    this.entries.delete(host);
    this.entries.set(host, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > MOST_ENTRIES && oldest !== undefined) this.entries.delete(oldest);
  }

  private async fetch(host: string): Promise<{ delegation: Delegation; lifetimeMs: number }> {
    try {
      const deadline = this.clock.now() + LIMIT_MS;
      const left = () => deadline - this.clock.now();
      const response = await followRedirects(this.http, `https://${host}/.well-known/matrix/server`, left);
      return { delegation: delegationIn(response), lifetimeMs: lifetimeOf(response, this.clock.now()) };
    } catch (error) {
      const absence = error instanceof HttpConnectionError ? error.reason : String(error);
      return { delegation: { absence }, lifetimeMs: 0 };
    }
  }
}

/**
 * The response at the end of the redirects.
 *
 * @param leftMs the remaining time in ms
 * @throws HttpConnectionError, or an Error if the redirects are invalid
 */
export async function followRedirects(http: HttpClient, start: string, leftMs: () => number): Promise<HttpResponse> {
  let url = start;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const timeLimitMs = Math.max(1, Math.ceil(leftMs()));
    const response = await http.request({ method: 'GET', url, timeLimitMs, maxBytes: MAX_BYTES, chosenBy: 'stranger' });
    const { location } = response.headers;
    if (response.status < 300 || response.status > 399 || location === undefined) return response;
    if (!URL.canParse(location, url)) throw new Error('it redirects to an invalid URL');
    const next = new URL(location, url);
    if (next.protocol !== 'https:') throw new Error('it redirects to a URL without https');
    url = next.href;
  }
  throw new Error('it redirects too often');
}

function delegationIn({ status, body }: HttpResponse): Delegation {
  if (status !== 200) return { absence: `status ${status}` };
  const server = parseJsonObject(body)?.['m.server'];
  if (typeof server !== 'string') return { absence: 'not JSON with m.server' };
  return parseServerName(server) ? { server } : { absence: 'm.server is not a server name' };
}

function lifetimeOf({ headers }: HttpResponse, now: number): number {
  const control = headers['cache-control'] ?? '';
  const maxAge = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})/i.exec(control)?.[1];
  const expiresAt = Date.parse(headers['expires'] ?? '');
  let lifetimeMs = DEFAULT_LIFETIME_MS;
  if (/\bno-(?:store|cache)\b/i.test(control)) lifetimeMs = 0;
  else if (maxAge !== undefined) lifetimeMs = Number(maxAge) * 1_000;
  else if (headers['expires'] !== undefined) lifetimeMs = Number.isNaN(expiresAt) ? 0 : expiresAt - now;
  return Math.min(Math.max(lifetimeMs, SHORTEST_LIFETIME_MS), LONGEST_LIFETIME_MS);
}
