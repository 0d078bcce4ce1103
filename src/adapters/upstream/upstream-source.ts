import { isContested, type Finding } from '../../domain/association.js';
import { lookupHash } from '../../domain/hashing.js';
import { parseMxid, type Mxid } from '../../domain/mxid.js';
import { keyOf, tryThreepid, type Threepid } from '../../domain/threepid.js';
import type { HttpClient } from '../../ports/http-client.js';
import type { Telemetry } from '../../ports/telemetry.js';
import type { Evidence, ThreepidSource } from '../../ports/threepid-source.js';
import { HashDetails, type HashDetail } from './hash-details.js';
import { UpstreamRefused, UpstreamServer, type UpstreamOptions } from './upstream-server.js';

const MOST_AT_ONCE = 5000;
/** An answer names at most what was asked, and a user for each. */
const BYTES_EACH = 1500;
const BYTES_BESIDES = 64 * 1024;

/** A user, or several who are said to have the same threepid, by the key of the threepid. */
type Answer = Map<string, Set<Mxid>>;

/**
 * Another identity server, asked for addresses in clear: by `bulk_lookup` of v1, or by `lookup` of
 * v2 if there is an access token. It is told what is still missing and nothing else, and believed
 * about that and nothing else.
 */
export class UpstreamSource implements ThreepidSource {
  readonly name: string;
  readonly isOwner = false;

  private readonly server: UpstreamServer;
  private readonly hashDetails: HashDetails;

  constructor(
    private readonly options: UpstreamOptions,
    http: HttpClient,
    private readonly telemetry: Telemetry,
  ) {
    this.name = options.name;
    this.server = new UpstreamServer(options, http);
    this.hashDetails = new HashDetails(this.server);
  }

  async find(threepids: readonly Threepid[]): Promise<readonly Finding[]> {
    const asked = new Map(threepids.map((threepid) => [keyOf(threepid), threepid]));
    const parts = inParts([...asked.values()], MOST_AT_ONCE);
    const deadline = performance.now() + this.options.timeLimitMs;
    const isV1 = this.options.accessToken === undefined;
    try {
      const answers = await Promise.all(
        parts.map((part) => (isV1 ? this.askV1(part, deadline) : this.askV2(part, deadline))),
      );
      return answers.flatMap((answer) => findingsOf(answer, asked));
    } catch (error) {
      this.telemetry.count('upstream_failures', { source: this.name });
      throw error;
    }
  }

  async explain(threepid: Threepid): Promise<readonly Evidence[]> {
    const startedAt = performance.now();
    const [finding, failure] = await this.find([threepid]).then(
      ([found]) => [found, undefined] as const,
      (error: unknown) => [undefined, error instanceof Error ? error.message : String(error)] as const,
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
          ...(finding && isContested(finding) ? ['it named several users for one address'] : []),
        ],
      },
    ];
  }

  private async askV1(threepids: readonly Threepid[], deadline: number): Promise<Answer> {
    const body = { threepids: threepids.map(({ medium, address }) => [medium, address]) };
    const path = '/_matrix/identity/api/v1/bulk_lookup';
    const reply = await this.server.ask(path, body, limitFor(threepids), deadline);
    if (!('threepids' in reply) || !Array.isArray(reply.threepids)) throw this.nonsense();
    const rows: readonly unknown[] = reply.threepids;
    this.checkCount(rows.length, threepids.length);
    return collect(
      rows
        .filter((row): row is unknown[] => Array.isArray(row))
        .map(([medium, address, mxid]) => [threepidOf(medium, address), mxid]),
    );
  }

  private async askV2(threepids: readonly Threepid[], deadline: number): Promise<Answer> {
    const details = await this.hashDetails.get(deadline);
    try {
      return await this.lookup(threepids, details, deadline);
    } catch (error) {
      if (!(error instanceof UpstreamRefused) || error.errcode !== 'M_INVALID_PEPPER') throw error;
      await this.hashDetails.forget(details);
      return await this.lookup(threepids, await this.hashDetails.get(deadline), deadline);
    }
  }

  private async lookup(
    threepids: readonly Threepid[],
    { pepper, algorithm }: HashDetail,
    deadline: number,
  ): Promise<Answer> {
    const entryOf = algorithm === 'none' ? keyOf : (threepid: Threepid) => lookupHash(threepid, pepper);
    const byEntry = new Map(threepids.map((threepid) => [entryOf(threepid), threepid]));
    const body = { algorithm, pepper, addresses: [...byEntry.keys()] };
    const reply = await this.server.ask('/_matrix/identity/v2/lookup', body, limitFor(threepids), deadline);
    const mappings: unknown = 'mappings' in reply ? reply.mappings : undefined;
    if (typeof mappings !== 'object' || mappings === null || Array.isArray(mappings)) throw this.nonsense();
    const rows = Object.entries(mappings);
    this.checkCount(rows.length, threepids.length);
    return collect(
      rows.map(([entry, mxid]) => [byEntry.get(entry) ?? (algorithm === 'none' ? inClear(entry) : undefined), mxid]),
    );
  }

  /** Repetition and what nobody asked for is passed over, but not at any length. */
  private checkCount(answered: number, asked: number): void {
    if (answered > 2 * asked + 1000) throw new Error(`${this.server.origin} answered ${answered} for ${asked}`);
  }

  private nonsense(): Error {
    return new Error(`${this.server.origin} answered 200, but not to a lookup`);
  }
}

/** However it is spelt: an upstream may answer in the spelling it was told by its users. */
const threepidOf = (medium: unknown, address: unknown): Threepid | undefined =>
  typeof medium === 'string' && typeof address === 'string' ? tryThreepid(medium, address) : undefined;

/** An entry of the algorithm `none`. */
function inClear(entry: string): Threepid | undefined {
  const blank = entry.lastIndexOf(' ');
  return blank < 0 ? undefined : threepidOf(entry.slice(blank + 1), entry.slice(0, blank));
}

/** What is no threepid or no user is left out: one odd row must not cost all the others. */
function collect(rows: readonly (readonly [threepid: Threepid | undefined, mxid: unknown])[]): Answer {
  const answer: Answer = new Map();
  for (const [threepid, text] of rows) {
    const mxid = typeof text === 'string' ? parseMxid(text) : undefined;
    if (!threepid || !mxid) continue;
    const key = keyOf(threepid);
    answer.set(key, (answer.get(key) ?? new Set()).add(mxid));
  }
  return answer;
}

function findingsOf(answer: Answer, asked: ReadonlyMap<string, Threepid>): readonly Finding[] {
  return [...answer].flatMap(([key, mxids]) => {
    const threepid = asked.get(key);
    const [mxid, ...others] = mxids;
    if (!threepid || mxid === undefined) return [];
    return [others.length ? { threepid, contestedBy: [...mxids] } : { threepid, mxid }];
  });
}

const limitFor = (threepids: readonly Threepid[]): number => BYTES_BESIDES + threepids.length * BYTES_EACH;

const inParts = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
