import { lookupHash } from '../../src/domain/identifiers/lookup-hash.js';
import { email } from '../../src/domain/identifiers/threepid.js';

type Body = Readonly<Record<string, unknown>>;

const WITHIN_MS = 30_000;

/** A client that takes an error, or no answer at all, for what it is. */
export class ChaosClient {
  accessToken: string | undefined;

  constructor(
    private readonly url: string,
    private readonly counts = { requests: 0, answered: 0 },
  ) {}

  /** The body of an answer with 200, `undefined` otherwise. */
  async post(path: string, body: Body): Promise<Body | undefined> {
    const answer = await this.ask(path, { method: 'POST', body: JSON.stringify(body) });
    return answer?.status === 200 ? answer.body : undefined;
  }

  /** The status, `undefined` without an answer. */
  async ask(
    path: string,
    init: RequestInit = {},
  ): Promise<{ readonly status: number; readonly body: Body } | undefined> {
    this.counts.requests++;
    try {
      const headers = {
        'content-type': 'application/json',
        ...(this.accessToken !== undefined && { authorization: `Bearer ${this.accessToken}` }),
      };
      const signal = AbortSignal.timeout(WITHIN_MS);
      const response = await fetch(`${this.url}/_matrix/identity/v2${path}`, { ...init, headers, signal });
      const text = await response.text();
      if (response.status === 200) this.counts.answered++;
      return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Body) : {} };
    } catch {
      return undefined;
    }
  }

  /** Whose these addresses are, by hash and plain. */
  async lookUp(addresses: readonly string[]): Promise<Record<'hashed' | 'plain', Readonly<Record<string, string>>>> {
    const details = await this.ask('/hash_details');
    const pepper = String(details?.body['lookup_pepper']);
    const hashes = new Map(addresses.map((address) => [lookupHash(email(address), pepper), address]));
    const ask = async (algorithm: string, asked: readonly string[]) => {
      const answer = await this.post('/lookup', { algorithm, pepper, addresses: asked });
      if (!answer) throw new Error('a lookup was not answered by a server that is well');
      return Object.entries(answer['mappings'] as Record<string, string>);
    };
    const hashed = await ask('sha256', [...hashes.keys()]);
    const plain = await ask(
      'none',
      addresses.map((address) => `${address} email`),
    );
    return {
      hashed: Object.fromEntries(hashed.map(([hash, mxid]) => [hashes.get(hash) ?? hash, mxid])),
      plain: Object.fromEntries(plain.map(([entry, mxid]) => [entry.replace(/ email$/, ''), mxid])),
    };
  }
}
