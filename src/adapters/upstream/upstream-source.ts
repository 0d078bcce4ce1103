import { isAmbiguous, type Finding } from '../../domain/associations/association.js';
import { isLookupHash, lookupHash } from '../../domain/identifiers/lookup-hash.js';
import type { Mxid } from '../../domain/identifiers/mxid.js';
import { keyOf, type Threepid } from '../../domain/identifiers/threepid.js';
import type { UpstreamPepper } from '../../ports/upstream-pepper.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { SourceTrace, ViaPath, ThreepidSource } from '../../ports/threepid-source.js';
import { type Answer, collect, findingsOf, inClear, threepidOf, userOf } from './response-parser.js';
import { HashDetails, type HashDetail } from './hash-details.js';
import { UpstreamResponseError, UpstreamServer, type UpstreamOptions } from './upstream-server.js';
import { errorText } from '../../domain/shared/error-text.js';

const MOST_AT_ONCE = 5000;
/**
 * Maximum response size for each address asked for: a response contains at most these addresses, with a user for each.
 */
const BYTES_EACH = 1500;
const BYTES_BESIDES = 64 * 1024;
/** Upper limit for a pepper request, independent of the limit for lookups: the start of the server waits for it. */
const LONGEST_WATCH_MS = 10_000;

export interface UpstreamSourceOptions extends UpstreamOptions {
  /**
   * Whether hash lookups are forwarded to it under its pepper, which must then be announced to clients. Needs an access
   * token.
   */
  readonly isFollowed?: boolean;
}

/**
 * Another identity server as a source. Lookups in clear text use `bulk_lookup` of v1, or `lookup` of v2 if there is an
 * access token. With `isFollowed`, hashes are forwarded too. Only addresses without a result so far are sent, and only
 * answers to them are used.
 */
export class UpstreamSource implements ThreepidSource, UpstreamPepper {
  readonly name: string;
  readonly isAuthoritative = false;
  readonly isExternal = true;

  viaPath: ViaPath = [];

  private readonly server: UpstreamServer;
  private readonly hashDetails: HashDetails;

  constructor(
    private readonly options: UpstreamSourceOptions,
    http: HttpClient,
    private readonly telemetry: Telemetry,
  ) {
    this.name = options.name;
    this.server = new UpstreamServer(options, http);
    this.hashDetails = new HashDetails(this.server);
  }

  /** Reads the file of the access token again. */
  reloadSecrets(): Promise<void> {
    return this.server.renewToken();
  }

  async find(threepids: readonly Threepid[], viaPath?: ViaPath): Promise<readonly Finding[]> {
    const asked = new Map(threepids.map((threepid) => [keyOf(threepid), threepid]));
    const parts = chunks([...asked.values()], MOST_AT_ONCE);
    const isV1 = this.options.accessToken === undefined;
    return this.counted(async (deadline) => {
      const answers = await Promise.all(
        parts.map((part) => (isV1 ? this.askV1(part, deadline, viaPath) : this.askV2(part, deadline, viaPath))),
      );
      return answers.flatMap((answer) => findingsOf(answer, asked));
    });
  }

  async findHashes(pepper: string, hashes: readonly string[], viaPath?: ViaPath): Promise<ReadonlyMap<string, Mxid>> {
    return (await this.hashesUnder(pepper, hashes, viaPath)) ?? new Map();
  }

  /**
   * The users for these hashes; `undefined` if the upstream does not support `pepper` as its current or previous
   * pepper. If its pepper has changed, the listeners for the pepper are called.
   */
  async hashesUnder(
    pepper: string,
    hashes: readonly string[],
    viaPath?: ViaPath,
  ): Promise<ReadonlyMap<string, Mxid> | undefined> {
    // Clients may send arbitrary strings, including clear-text addresses. Those must not be forwarded.
    const asked = this.options.isFollowed ? [...new Set(hashes)].filter(isLookupHash) : [];
    if (asked.length === 0) return new Map();
    return this.counted(async (deadline) => {
      const details = await this.hashDetails.get(deadline);
      if (!this.hashDetails.isAskable(pepper, details)) return undefined;
      try {
        const parts = chunks(asked, MOST_AT_ONCE).map((part) =>
          this.mappings('sha256', pepper, part, deadline, viaPath),
        );
        const wanted = new Set(asked);
        return new Map(
          (await Promise.all(parts)).flat().flatMap(([hash, mxid]) => {
            const user = userOf(mxid);
            return user && wanted.has(hash) ? [[hash, user] as const] : [];
          }),
        );
      } catch (error) {
        if (!isStale(error)) throw error;
        this.hashDetails.refused(pepper, details);
        return undefined;
      }
    });
  }

  async current(): Promise<string> {
    const timeLimitMs = Math.min(this.options.timeLimitMs, LONGEST_WATCH_MS);
    const { pepper, takesHashes, viaPath } = await this.hashDetails.renew(performance.now() + timeLimitMs);
    if (!takesHashes)
      throw new Error(`${this.server.origin} does not support the algorithm sha256: its pepper cannot be used`);
    this.viaPath = viaPath;
    return pepper;
  }

  onChange(listener: () => void): { close(): void } {
    return this.hashDetails.onChange(listener);
  }

  /** A lookup without addresses, so that no data about people is sent. @throws as a lookup does */
  async probe(): Promise<void> {
    const isV1 = this.options.accessToken === undefined;
    await this.counted((deadline) => (isV1 ? this.askV1([], deadline) : this.askV2([], deadline)));
  }

  async explain(threepid: Threepid): Promise<readonly SourceTrace[]> {
    const startedAt = performance.now();
    const [finding, failure] = await this.find([threepid]).then(
      ([found]) => [found, undefined] as const,
      (error: unknown) => [undefined, errorText(error)] as const,
    );
    const api = this.options.accessToken === undefined ? 'bulk_lookup of v1' : 'lookup of v2';
    return [
      {
        via: 'live',
        finding,
        ...(failure !== undefined && { failure }),
        tookMs: performance.now() - startedAt,
        notes: [
          `asked ${this.server.origin} by ${api}`,
          ...(this.options.isFollowed ? [] : ['its pepper is not used: it is asked with plain addresses only']),
          ...(finding && isAmbiguous(finding) ? ['it returned several users for one address'] : []),
        ],
      },
    ];
  }

  private async askV1(threepids: readonly Threepid[], deadline: number, viaPath?: ViaPath): Promise<Answer> {
    const body = { threepids: threepids.map(({ medium, address }) => [medium, address]) };
    const path = '/_matrix/identity/api/v1/bulk_lookup';
    const reply = await this.server.ask(path, body, limitFor(threepids), deadline, viaPath);
    if (!('threepids' in reply) || !Array.isArray(reply.threepids)) throw this.invalidResponse();
    const rows: readonly unknown[] = reply.threepids;
    this.checkCount(rows.length, threepids.length);
    return collect(
      rows
        .filter((row): row is unknown[] => Array.isArray(row))
        .map(([medium, address, mxid]) => [threepidOf(medium, address), mxid]),
    );
  }

  private async askV2(threepids: readonly Threepid[], deadline: number, viaPath?: ViaPath): Promise<Answer> {
    const details = await this.hashDetails.get(deadline);
    try {
      return await this.lookup(threepids, details, deadline, viaPath);
    } catch (error) {
      if (!isStale(error)) throw error;
      this.hashDetails.forget(details);
      return await this.lookup(threepids, await this.hashDetails.get(deadline), deadline, viaPath);
    }
  }

  private async lookup(
    threepids: readonly Threepid[],
    { pepper, algorithm }: HashDetail,
    deadline: number,
    viaPath?: ViaPath,
  ): Promise<Answer> {
    const entryOf = algorithm === 'none' ? keyOf : (threepid: Threepid) => lookupHash(threepid, pepper);
    const byEntry = new Map(threepids.map((threepid) => [entryOf(threepid), threepid]));
    const rows = await this.mappings(algorithm, pepper, [...byEntry.keys()], deadline, viaPath);
    return collect(
      rows.map(([entry, mxid]) => [byEntry.get(entry) ?? (algorithm === 'none' ? inClear(entry) : undefined), mxid]),
    );
  }

  /** Spec: POST /lookup. @returns the `mappings` of the response, not validated */
  private async mappings(
    algorithm: 'none' | 'sha256',
    pepper: string,
    entries: readonly string[],
    deadline: number,
    viaPath?: ViaPath,
  ): Promise<readonly (readonly [entry: string, mxid: unknown])[]> {
    const body = { algorithm, pepper, addresses: entries };
    const reply = await this.server.ask('/_matrix/identity/v2/lookup', body, limitFor(entries), deadline, viaPath);
    const mappings: unknown = 'mappings' in reply ? reply.mappings : undefined;
    if (typeof mappings !== 'object' || mappings === null || Array.isArray(mappings)) throw this.invalidResponse();
    const rows = Object.entries(mappings);
    this.checkCount(rows.length, entries.length);
    return rows;
  }

  /** Runs a question with one time limit for all its requests, and counts it in the metrics. */
  private async counted<T>(ask: (deadline: number) => Promise<T>): Promise<T> {
    try {
      return await ask(performance.now() + this.options.timeLimitMs);
    } catch (error) {
      this.telemetry.count('upstream_failures', { source: this.name });
      throw error;
    }
  }

  /** Duplicate and unrequested entries are ignored, but the total number of entries is limited. */
  private checkCount(answered: number, asked: number): void {
    if (answered > 2 * asked + 1000)
      throw new Error(`${this.server.origin} returned ${answered} users for ${asked} addresses`);
  }

  private invalidResponse(): Error {
    return new Error(`${this.server.origin} answered 200, but not with the result of a lookup`);
  }
}

const isStale = (error: unknown): boolean =>
  error instanceof UpstreamResponseError && error.errcode === 'M_INVALID_PEPPER';

const limitFor = (asked: readonly unknown[]): number => BYTES_BESIDES + asked.length * BYTES_EACH;

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
