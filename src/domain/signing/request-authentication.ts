import type { HomeserverKeys } from '../../ports/homeserver-keys.js';
import type { Signer } from '../../ports/signer.js';
import type { JsonObject } from './canonical-json.js';
import { DomainError } from '../shared/errors.js';
import { isServerName } from '../identifiers/server-name.js';
import { parseXMatrix, type XMatrix } from './x-matrix-header.js';

export interface SignedRequest {
  readonly method: string;
  /** As the homeserver wrote it, which is without any path that a proxy puts in front. */
  readonly uri: string;
  readonly content: JsonObject;
  /** Every `Authorization` header: there may be one per key. */
  readonly authorizations: readonly string[];
}

/** Which homeserver signed a request. */
export class RequestAuthenticator {
  /** @param names every name by which homeservers may know us */
  constructor(
    private readonly keys: HomeserverKeys,
    private readonly signer: Signer,
    private readonly names: readonly string[],
  ) {}

  /**
   * The homeserver whose signature is on this request, `undefined` if it bears no X-Matrix header.
   *
   * @throws Refused `unbind_not_proven` if none of the signatures holds, saying which name it was
   *   signed for if that is not ours; `homeserver_failed` if its keys cannot be had
   */
  async origin(request: SignedRequest): Promise<string | undefined> {
    const claims = request.authorizations.flatMap((header) => parseXMatrix(header) ?? []);
    if (claims.length === 0) {
      const isMeant = request.authorizations.some((header) => /^X-Matrix\b/i.test(header));
      if (isMeant) throw new DomainError('unbind_not_proven', { message: 'The X-Matrix header is malformed' });
      return undefined;
    }
    // One header per key of one homeserver: others would have us ask any number of them.
    if (new Set(claims.map(({ origin }) => origin)).size > 1) {
      throw new DomainError('unbind_not_proven', { message: 'The X-Matrix headers name several homeservers' });
    }
    for (const claim of claims) if (await this.holds(claim, request)) return claim.origin;
    throw new DomainError('unbind_not_proven', { message: 'Invalid homeserver signature' });
  }

  private async holds(claim: XMatrix, { method, uri, content }: SignedRequest): Promise<boolean> {
    const { origin, destination, key, sig } = claim;
    if (!isServerName(origin)) return false;
    const names = this.namesFor(destination);
    const publicKey = await this.keys.find(origin, key);
    if (publicKey === undefined) return false;
    // Synapse signs `destination_is`, the Server-Server API has `destination`.
    for (const name of names) {
      for (const word of ['destination_is', 'destination']) {
        const object = { method, uri, origin, [word]: name, content };
        if (await this.signer.verify(object, sig, publicKey)) return true;
      }
    }
    return false;
  }

  private namesFor(destination: string | undefined): readonly string[] {
    if (destination === undefined) return this.names;
    const isOurs = this.names.some((name) => name.toLowerCase() === destination.toLowerCase());
    if (isOurs) return [destination, ...this.names.filter((name) => name !== destination)];
    const message = `The request is signed for "${destination}", this server goes by "${this.names.join('", "')}"`;
    throw new DomainError('unbind_not_proven', { message });
  }
}
