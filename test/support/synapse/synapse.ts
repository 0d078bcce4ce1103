import type { IncomingMessage, ServerResponse } from 'node:http';
import { startStandIn } from '../stand-in.js';
import { SynapseIdentityClient, type ThirdPartyInvite } from './identity.js';
import { isSigned, signingKey } from './signing.js';

// oxlint-disable-next-line no-explicit-any -- bodies of JSON, looked into as Python does
type Body = Record<string, any>;

export interface Synapse {
  readonly url: string;
  readonly identity: SynapseIdentityClient;
  /** The onbind requests, each added after it was processed completely. */
  readonly onBinds: readonly Body[];
  /** The membership of users in rooms, by `room_id mxid`. */
  readonly members: ReadonlyMap<string, string>;
  /** The invitations of its rooms, by token. */
  readonly invites: ReadonlyMap<string, ThirdPartyInvite & { readonly room_id: string; readonly sender: string }>;
  /** The reasons why invitations could not be exchanged. */
  readonly rejected: readonly string[];
  close(): Promise<void>;
}

export interface SynapseOptions {
  readonly name: string;
  /** The identity server: its name for clients, and its actual URL. */
  readonly identityServer: () => { readonly name: string; readonly url: string };
}

/**
 * A homeserver that behaves like Synapse towards an identity server. The access token `access-of-<localpart>` belongs
 * to that user.
 */
export async function startSynapse({ name, identityServer }: SynapseOptions): Promise<Synapse> {
  const key = signingKey('ed25519:a_abcd', Buffer.alloc(32, 7));
  const onBinds: Body[] = [];
  const members = new Map<string, string>();
  const invites = new Map<string, ThirdPartyInvite & { room_id: string; sender: string }>();
  const rejected: string[] = [];
  const identity = () => new SynapseIdentityClient(identityServer().url, { name, key });

  /** Clients on this machine identify the identity server by its port. */
  const publicName = (idServer: string) =>
    new URL(identityServer().url).host === idServer ? identityServer().name : idServer;

  /** The checks of `exchange_third_party_invite`. */
  async function exchange(signed: Body, mxid: string): Promise<string | undefined> {
    const invite = invites.get(signed['token']);
    if (!invite) return 'the token is unknown';
    if (signed['mxid'] !== mxid) return 'it is for somebody else';
    for (const { public_key, key_validity_url } of invite.public_keys) {
      const all = Object.values(signed['signatures'] as Record<string, Record<string, string>>);
      const isRight = all
        .flatMap((keys) => Object.values(keys))
        .some((verifyKey) => isSigned(signed, verifyKey, public_key));
      if (isRight) return (await identity().isValid(key_validity_url, public_key)) ? undefined : 'the key is revoked';
    }
    return 'no key has signed it';
  }

  const federation: Record<string, (body: Body, query: URLSearchParams) => Promise<[number, object]>> = {
    'GET /_matrix/federation/v1/openid/userinfo': async (_body, query) => {
      const [, localpart] = /^openid-of-([a-z]+)$/.exec(query.get('access_token') ?? '') ?? [];
      return localpart ? [200, { sub: `@${localpart}:${name}` }] : [401, { errcode: 'M_UNKNOWN_TOKEN', error: 'no' }];
    },
    'GET /_matrix/key/v2/server': async () => {
      const statement = {
        server_name: name,
        verify_keys: { [key.keyId]: { key: key.publicKey } },
        old_verify_keys: {},
        valid_until_ts: Date.now() + 3_600_000,
      };
      return [200, { ...statement, signatures: { [name]: { [key.keyId]: key.sign(statement) } } }];
    },
    'POST /_matrix/federation/v1/3pid/onbind': async (body) => {
      for (const { mxid, room_id, signed } of body['invites'] as Body[]) {
        const problem = await exchange(signed, mxid);
        if (problem !== undefined) {
          rejected.push(problem);
          return [403, { errcode: 'M_FORBIDDEN', error: 'You are not invited to this room.' }];
        }
        members.set(`${room_id} ${mxid}`, 'invite');
      }
      onBinds.push(body);
      return [200, {}];
    },
  };

  const client: Record<string, (mxid: string, body: Body, path: readonly string[]) => Promise<[number, object]>> = {
    'POST user/*/openid/request_token': async (mxid) => [
      200,
      {
        access_token: `openid-of-${mxid.slice(1, mxid.indexOf(':'))}`,
        token_type: 'Bearer',
        matrix_server_name: name,
        expires_in: 3600,
      },
    ],
    'POST account/3pid/bind': async (mxid, { sid, client_secret, id_access_token }) => {
      const { status, json } = await identity().bind({ sid, client_secret, mxid }, id_access_token);
      return status === 200 && json.medium && json.address ? [200, {}] : [status, json];
    },
    'POST account/3pid/unbind': async (mxid, { medium, address, id_server }) => {
      const { status, json } = await identity().unbind(mxid, medium, address, publicName(id_server));
      if (status < 300) return [200, { id_server_unbind_result: 'success' }];
      return [400, 404, 501].includes(status) ? [200, { id_server_unbind_result: 'no-support' }] : [500, json];
    },
    'POST rooms/*/invite': async (mxid, { medium, address, id_access_token, ...direct }, [, room_id = '']) => {
      const invitee = direct['user_id'] ?? (await identity().lookUp(medium, address, id_access_token));
      if (invitee !== undefined) {
        members.set(`${room_id} ${invitee}`, 'invite');
        return [200, {}];
      }
      const { status, json } = await identity().storeInvite(
        { medium, address, room_id, sender: mxid },
        id_access_token,
      );
      if (status !== 200) return [500, { errcode: 'M_UNKNOWN', error: 'Internal server error' }];
      invites.set(json.token, { ...(json as ThirdPartyInvite), room_id, sender: mxid });
      return [200, {}];
    },
    'POST join/*': async (mxid, { third_party_signed }, [, room_id = '']) => {
      if (third_party_signed) {
        const problem = await exchange(third_party_signed, mxid);
        if (problem !== undefined) return [403, { errcode: 'M_FORBIDDEN', error: problem }];
      } else if (!members.has(`${room_id} ${mxid}`)) {
        return [403, { errcode: 'M_FORBIDDEN', error: 'You are not invited to this room' }];
      }
      members.set(`${room_id} ${mxid}`, 'join');
      return [200, { room_id }];
    },
  };

  async function handle(request: IncomingMessage): Promise<[number, object]> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hs');
    const text = Buffer.concat((await request.toArray()) as Buffer[]).toString();
    const body = (text ? JSON.parse(text) : {}) as Body;
    const ofServers = federation[`${request.method} ${pathname}`];
    if (ofServers) return ofServers(body, searchParams);
    if (pathname === '/_matrix/client/versions') return [200, { versions: ['v1.1', 'v1.11'] }];

    const path = pathname
      .replace(/^\/_matrix\/client\/v3\//, '')
      .split('/')
      .map(decodeURIComponent);
    const ofClients = Object.entries(client).find(([pattern]) => fits(pattern, request.method, path))?.[1];
    const [, localpart] = /^Bearer access-of-([a-z]+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (!ofClients) return [404, { errcode: 'M_UNRECOGNIZED', error: `there is no ${request.method} ${pathname}` }];
    if (!localpart) return [401, { errcode: 'M_UNKNOWN_TOKEN', error: 'unknown' }];
    return ofClients(`@${localpart}:${name}`, body, path);
  }

  const standIn = await startStandIn((request, response) => {
    handle(request).then(
      ([status, body]) => reply(response, status, body),
      (error: Error) => reply(response, 500, { errcode: 'M_UNKNOWN', error: error.message }),
    );
  });
  return {
    url: standIn.url,
    get identity() {
      return identity();
    },
    onBinds,
    members,
    invites,
    rejected,
    close: () => standIn.close(),
  };
}

function fits(pattern: string, method: string | undefined, path: readonly string[]): boolean {
  const [wantedMethod, wantedPath = ''] = pattern.split(' ');
  const parts = wantedPath.split('/');
  return (
    wantedMethod === method &&
    parts.length === path.length &&
    parts.every((part, at) => part === '*' || part === path[at])
  );
}

const reply = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
