import { type StandIn, startStandIn } from './stand-in.js';

/** What a homeserver was told of bindings. */
export interface HomeserverStandIn extends StandIn {
  readonly bound: Record<string, unknown>[];
}

/** A homeserver that vouches for the OpenID token `token-of-<localpart>` and takes every onbind. */
export async function startHomeserver(name: string): Promise<HomeserverStandIn> {
  const bound: Record<string, unknown>[] = [];
  const standIn = await startStandIn((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hs');
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/_matrix/federation/v1/openid/userinfo') {
      const [, localpart] = /^token-of-([a-z]+)$/.exec(searchParams.get('access_token') ?? '') ?? [];
      if (localpart) answer(200, { sub: `@${localpart}:${name}` });
      else answer(401, { errcode: 'M_UNKNOWN_TOKEN', error: 'unknown' });
    } else if (pathname === '/_matrix/federation/v1/3pid/onbind' && request.method === 'POST') {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        bound.push(JSON.parse(text) as Record<string, unknown>);
        answer(200, {});
      });
    } else answer(404, { errcode: 'M_UNRECOGNIZED', error: 'no such endpoint' });
  });
  return Object.assign(standIn, { bound });
}
