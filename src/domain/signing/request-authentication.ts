import type { HomeserverKeys } from '../../ports/homeserver-keys.js';
import type { Signer } from '../../ports/signer.js';
import { canonicalJson, type JsonObject } from './canonical-json.js';
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

/** A homeserver has one key, or two while it changes them; each header is a signature to check, and nobody is signed in yet. */
const MOST_HEADERS = 4;

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
   * @throws DomainError `unbind_not_proven` if none of the signatures holds; `unbind_elsewhere` if it is signed for a
   *   name that is not ours; `homeserver_failed` if its keys cannot be had
   */
  async origin(request: SignedRequest): Promise<string | undefined> {
    if (request.authorizations.length > MOST_HEADERS) {
      throw new DomainError('unbind_not_proven', {
        message: `There are more than ${MOST_HEADERS} Authorization headers`,
      });
    }
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
    const content = canonicalOf(request.content);
    if (content === undefined) throw new DomainError('unbind_not_proven', { message: 'Invalid homeserver signature' });
    for (const claim of claims) if (await this.holds(claim, request, content)) return claim.origin;
    throw new DomainError('unbind_not_proven', { message: 'Invalid homeserver signature' });
  }

  /** @param content of the request, as canonical JSON */
  private async holds(claim: XMatrix, { method, uri }: SignedRequest, content: string): Promise<boolean> {
    const { origin, destination, key, sig } = claim;
    const names = this.namesFor(destination);
    if (!isServerName(origin)) return false;
    const publicKey = await this.keys.find(origin, key);
    if (publicKey === undefined) return false;
    // Synapse signs `destination_is`, the Server-Server API has `destination`.
    for (const name of names) {
      for (const word of ['destination_is', 'destination']) {
        // In the order of canonical JSON, so that a long content is written once for all of them.
        const rest = canonicalJson({ [word]: name, method, origin, uri });
        if (await this.signer.verifyText(`{"content":${content},${rest.slice(1)}`, sig, publicKey)) return true;
      }
    }
    return false;
  }

  private namesFor(destination: string | undefined): readonly string[] {
    if (destination === undefined) return this.names;
    const isOurs = this.names.some((name) => withoutDefaultPort(name) === withoutDefaultPort(destination));
    if (isOurs) return [destination, ...this.names.filter((name) => name !== destination)];
    const message = `The request is signed for "${destination}", this server goes by "${this.names.join('", "')}"`;
    throw new DomainError('unbind_elsewhere', { message });
  }
}

/** `undefined` for what canonical JSON cannot carry: nobody can have signed that. */
function canonicalOf(content: JsonObject): string | undefined {
  try {
    return canonicalJson(content);
  } catch {
    return undefined;
  }
}

/** Clients write the name with or without the port that HTTPS has anyway. */
const withoutDefaultPort = (name: string): string => name.toLowerCase().replace(/:443$/, '');
