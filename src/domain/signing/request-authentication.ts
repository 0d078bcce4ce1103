import type { HomeserverKeys } from '../../ports/homeserver-keys.js';
import type { Signer } from '../../ports/signer.js';
import { canonicalJson, type JsonObject } from './canonical-json.js';
import { DomainError } from '../shared/errors.js';
import { isServerName } from '../identifiers/server-name.js';
import { parseXMatrix, type XMatrix } from './x-matrix-header.js';

export interface SignedRequest {
  readonly method: string;
  /** As sent by the homeserver, without a path prefix added by a proxy. */
  readonly uri: string;
  readonly content: JsonObject;
  /** All `Authorization` headers: there may be one per key. */
  readonly authorizations: readonly string[];
}

/**
 * A homeserver has one key, or two during a key change. Each header is a signature to verify, for a requester who is
 * not authenticated yet.
 */
const MOST_HEADERS = 4;

/** Determines which homeserver signed a request. */
export class RequestAuthenticator {
  /** @param names all names by which homeservers may know this server */
  constructor(
    private readonly keys: HomeserverKeys,
    private readonly signer: Signer,
    private readonly names: readonly string[],
  ) {}

  /**
   * The homeserver that signed this request; `undefined` if the request has no X-Matrix header.
   *
   * @throws DomainError `unbind_not_proven` if no signature is valid; `unbind_elsewhere` if it is signed for another
   *   server; `homeserver_failed` if the keys of the homeserver cannot be fetched
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
    // One header per key of one homeserver: otherwise a request could cause key requests to any number of servers.
    if (new Set(claims.map(({ origin }) => origin)).size > 1) {
      throw new DomainError('unbind_not_proven', { message: 'The X-Matrix headers contain several homeservers' });
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
    // Synapse signs `destination_is`; the Server-Server API specifies `destination`.
    for (const name of names) {
      for (const word of ['destination_is', 'destination']) {
        // In the order of canonical JSON, so that long content is serialised only once.
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
    const message = `The request is signed for "${destination}", but the names of this server are "${this.names.join('", "')}"`;
    throw new DomainError('unbind_elsewhere', { message });
  }
}

/** `undefined` for content that canonical JSON does not support: it cannot have been signed. */
function canonicalOf(content: JsonObject): string | undefined {
  try {
    return canonicalJson(content);
  } catch {
    return undefined;
  }
}

/** Clients write the name with or without the default port of HTTPS. */
const withoutDefaultPort = (name: string): string => name.toLowerCase().replace(/:443$/, '');
