import { lookupHash } from '../../../src/domain/identifiers/lookup-hash.js';
import { expectConformance } from '../contract/violations.js';
import { canonical, type SigningKey } from './signing.js';

export interface IdentityAnswer {
  readonly status: number;
  // oxlint-disable-next-line no-explicit-any -- tests look into it as they please
  readonly json: any;
}

/** The data of an invitation that a homeserver stores in the room. */
export interface ThirdPartyInvite {
  readonly token: string;
  readonly display_name: string;
  readonly public_keys: readonly { readonly public_key: string; readonly key_validity_url: string }[];
  readonly public_key?: string;
}

/** The requests of Synapse 1.160 to an identity server. Each field is as recorded by `npm run proof -- synapse`. */
export class SynapseIdentityClient {
  constructor(
    /** The actual URL of the identity server. */
    private readonly url: string,
    private readonly server: { readonly name: string; readonly key: SigningKey },
  ) {}

  /** The user with an address. One of the two requests before an invitation has its token in the query. */
  async lookUp(medium: string, address: string, token: string): Promise<string | undefined> {
    const details = await this.call('GET', `/v2/hash_details?access_token=${token}`);
    const { algorithms, lookup_pepper: pepper } = details.json;
    if (!algorithms.includes('sha256')) throw new Error('sha256 is not offered');
    // The address as typed: Synapse does not fold case.
    const hash = lookupHash({ medium, address }, pepper);
    const { json } = await this.call(
      'POST',
      '/v2/lookup',
      { addresses: [hash], algorithm: 'sha256', pepper },
      `Bearer ${token}`,
    );
    return json.mappings[hash];
  }

  /** Missing properties of a room are sent as `""`; its type is sent only if it has one. */
  storeInvite(invite: Readonly<Record<string, unknown>>, token: string): Promise<IdentityAnswer> {
    const nothing = {
      room_alias: '',
      room_avatar_url: '',
      room_join_rules: 'invite',
      room_name: '',
      sender_avatar_url: '',
      sender_display_name: '',
    };
    return this.call('POST', '/v2/store-invite', { ...nothing, ...invite }, `Bearer ${token}`);
  }

  bind(body: { sid: string; client_secret: string; mxid: string }, token: string): Promise<IdentityAnswer> {
    return this.call('POST', '/v2/3pid/bind', body, `Bearer ${token}`);
  }

  /** Signs `destination_is` with the name that the client sent, and has `destination` in the header. */
  unbind(mxid: string, medium: string, address: string, idServer: string): Promise<IdentityAnswer> {
    const content = { mxid, threepid: { medium, address } };
    const { name: origin, key } = this.server;
    const uri = '/_matrix/identity/v2/3pid/unbind';
    const sig = key.sign({ method: 'POST', uri, origin, destination_is: idServer, content });
    const header = `X-Matrix origin="${origin}",key="${key.keyId}",sig="${sig}",destination="${idServer}"`;
    return this.call('POST', '/v2/3pid/unbind', content, header);
  }

  /** The requests of `account_threepid_delegates.msisdn`, to v1 and without a token. */
  readonly delegate = {
    requestToken: (body: object) => this.call('POST', '/api/v1/validate/msisdn/requestToken', body),
    submitToken: (body: object) => this.call('POST', '/api/v1/validate/msisdn/submitToken', body),
    validated: (sid: string, secret: string) =>
      this.call('GET', `/api/v1/3pid/getValidated3pid?sid=${sid}&client_secret=${secret}`),
  };

  /** Checks whether a key is still valid, at the URL stored in the room. */
  async isValid(keyValidityUrl: string, publicKey: string): Promise<boolean> {
    const { pathname } = new URL(keyValidityUrl);
    const query = new URLSearchParams({ public_key: publicKey }).toString();
    const { status, json } = await this.call('GET', `${pathname.replace('/_matrix/identity', '')}?${query}`);
    return status === 200 && json.valid === true;
  }

  private async call(method: string, path: string, body?: object, authorization?: string): Promise<IdentityAnswer> {
    const response = await fetch(`${this.url}/_matrix/identity${path}`, {
      method,
      headers: {
        'user-agent': 'Synapse/1.160.0',
        ...(body && { 'content-type': 'application/json' }),
        ...(authorization !== undefined && { authorization }),
      },
      ...(body && { body: canonical(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const { status, headers } = response;
    expectConformance(method, `/_matrix/identity${path}`, { status, headers, text });
    return { status, json: JSON.parse(text) };
  }
}
