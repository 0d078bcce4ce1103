import { setTimeout as pause } from 'node:timers/promises';
import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { threepid } from '../../src/domain/identifiers/threepid.js';
import type { Model } from './model.js';
import { TERMS } from './world.js';

type Body = Readonly<Record<string, unknown>>;
type Found = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly body: Body;
}

const WITHIN_MS = 30_000;
const PATIENCE_MS = 90_000;

/** A client that returns errors and missing answers to its caller. */
export class ChaosClient {
  accessToken: string | undefined;

  /**
   * @param route the URLs of the instances for the next request; the next URL is tried if a connection is refused
   * @param patienceMs how long a request is repeated without an answer, or after a server error
   */
  constructor(
    private readonly route: () => readonly string[],
    private readonly counts = { requests: 0, answered: 0 },
    private readonly patienceMs = 0,
  ) {}

  /** The same user at other URLs. */
  at(url: string): ChaosClient {
    const pinned = new ChaosClient(() => [url], this.counts, this.patienceMs);
    pinned.accessToken = this.accessToken;
    return pinned;
  }

  post(path: string, body: Body): Promise<Answer | undefined> {
    return this.ask(path, { method: 'POST', body: JSON.stringify(body) });
  }

  /** `undefined` without an answer. */
  async ask(path: string, init: RequestInit = {}): Promise<Answer | undefined> {
    const since = performance.now();
    for (;;) {
      const answer = await this.askOnce(path, init);
      if ((answer && answer.status < 500) || performance.now() - since >= this.patienceMs) return answer;
      await pause(200);
    }
  }

  private async askOnce(path: string, init: RequestInit): Promise<Answer | undefined> {
    this.counts.requests++;
    for (const url of this.route()) {
      try {
        const answer = await this.askAt(url, path, init);
        if (answer.status === 200) this.counts.answered++;
        return answer;
      } catch (error) {
        if (!isRefused(error)) return undefined;
      }
    }
    return undefined;
  }

  private async askAt(url: string, path: string, init: RequestInit): Promise<Answer> {
    const headers = {
      'content-type': 'application/json',
      ...(this.accessToken !== undefined && { authorization: `Bearer ${this.accessToken}` }),
    };
    const signal = AbortSignal.timeout(WITHIN_MS);
    const response = await fetch(`${url}/_matrix/identity/v2${path}`, { ...init, headers, signal });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Body) : {} };
  }

  /** Signs in and accepts the terms. Returns whether both was answered with 200. */
  async signIn(localpart: string): Promise<boolean> {
    const answer = await this.post('/account/register', {
      access_token: `token-of-${localpart}`,
      token_type: 'Bearer',
      matrix_server_name: 'example.org',
      expires_in: 60,
    });
    if (answer?.status !== 200) return false;
    this.accessToken = String(answer.body['token']);
    return (await this.post('/terms', { user_accepts: [TERMS] }))?.status === 200;
  }

  /**
   * The users of these addresses, by hash.
   *
   * @throws if there is no answer
   */
  async findHashed(addresses: readonly string[]): Promise<Found> {
    for (let attempt = 1; ; attempt++) {
      const details = await this.ask('/hash_details');
      const pepper = String(details?.body['lookup_pepper']);
      const hashes = new Map(
        addresses.map((address) => [lookupHash(threepid(mediumOf(address), address), pepper), address]),
      );
      const answer = await this.post('/lookup', { algorithm: 'sha256', pepper, addresses: [...hashes.keys()] });
      if (answer?.status === 200) {
        const found = Object.entries(answer.body['mappings'] as Found);
        return Object.fromEntries(found.map(([hash, mxid]) => [hashes.get(hash) ?? hash, mxid]));
      }
      // The pepper may change once in between.
      if (attempt === 2) throw new Error(`a lookup by hash was not answered: ${JSON.stringify(answer ?? details)}`);
    }
  }

  /** The same with plain lookups. */
  async findPlain(addresses: readonly string[]): Promise<Found> {
    const details = await this.ask('/hash_details');
    const entries = addresses.map((address) => `${address} ${mediumOf(address)}`);
    const answer = await this.post('/lookup', {
      algorithm: 'none',
      pepper: details?.body['lookup_pepper'],
      addresses: entries,
    });
    if (answer?.status !== 200) throw new Error(`a lookup was not answered: ${JSON.stringify(answer)}`);
    const found = Object.entries(answer.body['mappings'] as Found);
    return Object.fromEntries(found.map(([entry, mxid]) => [entry.replace(/ \w+$/, ''), mxid]));
  }
}

/** A client that compares promises after all faults have ended: it checks whether they are true, not how fast. */
export const patientClient = (route: () => readonly string[], counts?: Model['counts']): ChaosClient =>
  new ChaosClient(route, counts, PATIENCE_MS);

const mediumOf = (address: string) => (address.includes('@') ? 'email' : 'msisdn');

function isRefused(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return cause?.code === 'ECONNREFUSED';
}
