import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';

export interface StandIn {
  readonly url: string;
  close(): Promise<void>;
}

/** An identity server that supports only v1 `bulk_lookup`, as all old ones do. */
export function startUpstream(known: Readonly<Record<string, string>>): Promise<StandIn> {
  const app = express();
  app.post('/_matrix/identity/api/v1/bulk_lookup', express.json(), (request, response) => {
    const { threepids } = request.body as { threepids: readonly (readonly [string, string])[] };
    response.json({
      threepids: threepids.flatMap(([medium, address]) => {
        const mxid = medium === 'email' ? known[address] : undefined;
        return mxid === undefined ? [] : [[medium, address, mxid]];
      }),
    });
  });
  return listen(app);
}

/** A homeserver that confirms OpenID tokens of the form `demo-token-<localpart>` and accepts every invitation. */
export function startHomeserver(serverName: string): Promise<StandIn> {
  const app = express();
  app.get('/_matrix/federation/v1/openid/userinfo', (request, response) => {
    const { access_token: openIdToken } = request.query;
    const localpart =
      typeof openIdToken === 'string' ? /^demo-token-([a-z0-9._-]+)$/.exec(openIdToken)?.[1] : undefined;
    if (localpart === undefined) response.status(401).json({ errcode: 'M_UNKNOWN_TOKEN', error: 'Unknown token' });
    else response.json({ sub: `@${localpart}:${serverName}` });
  });
  app.post('/_matrix/federation/v1/3pid/onbind', (_request, response) => {
    response.json({});
  });
  return listen(app);
}

async function listen(app: Express): Promise<StandIn> {
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
