import type { IncomingMessage } from 'node:http';
import type { Signer } from '../../src/ports/signer.js';
import { type StandIn, startStandIn } from './stand-in.js';
import type { Certificate } from './tls.js';

/** A stand-in for a homeserver, with the bindings that it was notified of. */
export interface HomeserverStandIn extends StandIn {
  readonly bound: Record<string, unknown>[];
  /** The localparts of the users who are signed in. */
  readonly signedIn: Set<string>;
  /** The localparts of its accounts. */
  readonly accounts: Set<string>;
}

const PROFILE = '/_matrix/client/v3/profile/';

interface Abilities {
  readonly certificate?: Certificate;
  /** The key with which it signs and which it publishes; without one, its proxy forwards no keys. */
  readonly signer?: Signer;
}

/**
 * A homeserver that accepts the OpenID token `token-of-<localpart>` and every onbind request. Its users sign in with
 * `password-of-<localpart>`; the access token `session-of-<localpart>` is always valid.
 */
export async function startHomeserver(
  name: string,
  { certificate, signer }: Abilities = {},
): Promise<HomeserverStandIn> {
  const bound: Record<string, unknown>[] = [];
  const signedIn = new Set<string>();
  const accounts = new Set<string>();
  const standIn = await startStandIn((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hs');
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/_matrix/federation/v1/openid/userinfo') {
      const [, localpart] = /^token-of-([a-z]+)$/.exec(searchParams.get('access_token') ?? '') ?? [];
      if (localpart) answer(200, { sub: `@${localpart}:${name}` });
      else answer(401, { errcode: 'M_UNKNOWN_TOKEN', error: 'unknown' });
    } else if (pathname === '/_matrix/federation/v1/3pid/onbind' && request.method === 'POST') {
      void body(request).then((sent) => {
        bound.push(sent);
        answer(200, {});
      });
    } else if (pathname.startsWith(PROFILE)) {
      const [, localpart = ''] = /^@(.*?):/.exec(decodeURIComponent(pathname.slice(PROFILE.length))) ?? [];
      // As in Synapse 1.160: no row for the complete profile, no profile for a single field.
      if (accounts.has(localpart)) answer(200, { displayname: localpart });
      else if (pathname.endsWith('/displayname'))
        answer(404, { errcode: 'M_NOT_FOUND', error: 'Profile was not found' });
      else answer(404, { errcode: 'M_UNKNOWN', error: 'No row found (profiles)' });
    } else if (pathname.startsWith('/_matrix/client/v3/')) {
      void body(request).then((sent) => answer(...clientAnswer(name, signedIn, request, pathname, sent)));
    } else if (pathname === '/_matrix/client/versions') {
      answer(200, { versions: ['v1.11'] });
    } else if (pathname === '/_matrix/key/v2/server' && signer) {
      const [{ keyId, publicKey }] = signer.keys;
      const keys = {
        server_name: name,
        valid_until_ts: Date.now() + 3_600_000,
        verify_keys: { [keyId]: { key: publicKey } },
      };
      void signer.sign(keys).then((signed) => answer(200, signed));
    } else answer(404, { errcode: 'M_UNRECOGNIZED', error: 'no such endpoint' });
  }, certificate);
  return Object.assign(standIn, { bound, signedIn, accounts });
}

/** Sign-in, sign-out and OpenID tokens. Spec: Client-Server API. */
function clientAnswer(
  name: string,
  signedIn: Set<string>,
  { method, headers }: IncomingMessage,
  pathname: string,
  sent: Record<string, unknown>,
): [status: number, body: object] {
  const path = `${method} ${decodeURIComponent(pathname.slice('/_matrix/client/v3'.length))}`;
  if (path === 'POST /login') {
    const { type, identifier, password } = sent as Record<string, unknown> & { identifier?: { user?: string } };
    const localpart = identifier?.user?.replace(/^@([^:]+):.*$/, '$1') ?? '';
    if (type !== 'm.login.password' || password !== `password-of-${localpart}`) {
      return [403, { errcode: 'M_FORBIDDEN', error: `no such user ${localpart}` }];
    }
    signedIn.add(localpart);
    return [200, { user_id: `@${localpart}:${name}`, access_token: `session-of-${localpart}`, device_id: 'D' }];
  }
  const [, localpart] = /^Bearer session-of-([a-z]+)$/.exec(headers.authorization ?? '') ?? [];
  if (localpart === undefined) return [401, { errcode: 'M_UNKNOWN_TOKEN', error: 'unknown' }];
  const user_id = `@${localpart}:${name}`;
  if (path === 'GET /account/whoami') return [200, { user_id }];
  if (path === 'POST /logout') {
    signedIn.delete(localpart);
    return [200, {}];
  }
  if (path !== `POST /user/${user_id}/openid/request_token`) return [404, { errcode: 'M_UNRECOGNIZED' }];
  const openId = { access_token: `token-of-${localpart}`, token_type: 'Bearer', matrix_server_name: name };
  return [200, { ...openId, expires_in: 3600 }];
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  const text = Buffer.concat((await request.toArray()) as Buffer[]).toString();
  return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
}
