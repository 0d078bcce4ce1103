import type { RequestListener } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AccountAccess, HttpAccountLookup } from '../../../src/adapters/matrix/http-account-lookup.js';
import { ClientPlaces, type KnownClientPlace } from '../../../src/adapters/matrix/client-discovery.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { RotatingSecret } from '../../../src/adapters/shared/rotating-secret.js';
import { accountLookupContract } from '../../contracts/account-lookup.contract.js';
import { PrivateNetwork } from '../../support/private-network.js';
import { startStandIn, type StandIn } from '../../support/stand-in.js';
import { type Authority, createAuthority } from '../../support/tls.js';

const clock = { now: () => performance.timeOrigin + performance.now() };
const profile = { accountApi: 'profile' } as const;
const synapse = { accountApi: 'synapse', accessToken: new RotatingSecret('s3cret') } as const;

let authority: Authority<'site' | 'hs'>;
beforeAll(() => {
  authority = createAuthority({ site: ['example.org'], hs: ['hs.internal'] });
});

const given = (known: KnownClientPlace, access: AccountAccess) => {
  const http = new AxiosHttpClient();
  const apis = new ClientPlaces(http, clock, { 'example.org': known });
  return new HttpAccountLookup({
    http,
    apis,
    isAllowed: () => true,
    access: { 'example.org': access },
    timeLimitMs: 1_000,
  });
};

describe.each([
  ['profile', profile],
  ['synapse', synapse],
])('accounts of a homeserver with a configured URL, queried with the API %s', (_api, access) => {
  accountLookupContract(async (behaviour) => {
    const standIn = await startStandIn(behaviour);
    return { accounts: given({ url: standIn.url }, access), close: () => standIn.close() };
  });
});

describe('HttpAccountLookup', () => {
  const standIns: StandIn[] = [];
  afterEach(async () => {
    await Promise.all(standIns.splice(0).map((standIn) => standIn.close()));
  });
  const serve = async (handler: RequestListener, certificate?: 'site' | 'hs') => {
    const standIn = await startStandIn(handler, certificate && authority.certificates[certificate]);
    standIns.push(standIn);
    return standIn;
  };
  const answer =
    (body: object): RequestListener =>
    (_request, response) =>
      response.end(JSON.stringify(body));

  it.each([
    [{ deactivated: false }, true],
    [{ deactivated: 0 }, true],
    [{ deactivated: true }, false],
    [{ deactivated: 1 }, false],
  ])('reads %j of Synapse as %s: a closed account does not exist', async (body, expected) => {
    const { url } = await serve(answer({ name: '@anna:example.org', ...body }));
    expect(await given({ url }, synapse).has('@anna:example.org')).toBe(expected);
  });

  describe('with profiles', () => {
    const MISSING = { errcode: 'M_NOT_FOUND', error: 'Profile was not found' };
    const NO_ROW = { errcode: 'M_UNKNOWN', error: 'No row found (profiles)' };
    type ApiResponse = readonly [status: number, body: object];
    /** The responses of a homeserver about the profile and the display name of Anna, and about an unknown user. */
    const asked = async (entire: ApiResponse, name: ApiResponse, nobodysName: ApiResponse) => {
      const { url } = await serve((request, response) => {
        const path = decodeURIComponent(request.url ?? '');
        const [status, body] = !path.endsWith('/displayname') ? entire : path.includes('/@anna:') ? name : nobodysName;
        response.writeHead(status).end(JSON.stringify(body));
      });
      return given({ url }, profile).has('@anna:example.org');
    };
    const none: ApiResponse = [404, MISSING];

    it.each<[string, boolean, ApiResponse, ApiResponse, ApiResponse]>([
      ['Synapse 1.160, no account', false, [404, NO_ROW], none, none],
      ['Synapse 1.160, an empty profile', true, none, [200, { displayname: null }], none],
      ['Synapse 1.160, an account', true, [200, { displayname: 'Anna' }], [200, { displayname: 'Anna' }], none],
      ['Synapse 1.60 to 1.134, no account', false, none, none, none],
      ['Synapse 1.60 to 1.134, an empty profile', true, none, [200, {}], none],
      ['Dendrite, Conduit, Tuwunel, no account', false, none, none, none],
      ['Tuwunel, an empty profile', true, [200, {}], none, none],
      ['Continuwuity, no account', false, none, [200, {}], [200, {}]],
      ['a server that refuses an invalid name', false, none, [200, {}], [400, { errcode: 'M_INVALID_PARAM' }]],
    ])('understands %s', async (_case, exists, entire, name, nobodysName) => {
      expect(await asked(entire, name, nobodysName)).toBe(exists);
    });

    it('rejects if the second request is not answered', async () => {
      const limited: ApiResponse = [429, { errcode: 'M_LIMIT_EXCEEDED' }];
      await expect(asked(none, limited, none)).rejects.toThrow('429 M_LIMIT_EXCEEDED');
    });
  });

  it('sends requests to the client API, with the access token', async () => {
    const clients = await serve(answer({}));
    const federation = await serve((_request, response) => response.writeHead(500).end());
    const known = { url: federation.url, clientUrl: `${clients.url}/matrix/`, tlsName: 'example.org' };
    await given(known, synapse).has('@anna:example.org');
    await given(known, profile).has('@anna:example.org');
    expect(clients.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/matrix/_synapse/admin/v2/users/%40anna%3Aexample.org', 'Bearer s3cret'],
      ['/matrix/_matrix/client/v3/profile/%40anna%3Aexample.org', undefined],
    ]);
    expect(federation.seen).toEqual([]);
  });

  it('finds a homeserver without a configured URL by its .well-known, once, and by its name if there is none', async () => {
    const network = new PrivateNetwork(authority.ca);
    const hs = await serve(answer({}), 'hs');
    let wellKnown: RequestListener = answer({ 'm.homeserver': { base_url: 'https://hs.internal:8443/' } });
    const site = await serve((request, response) => {
      if (request.url?.startsWith('/.well-known/matrix/client')) wellKnown(request, response);
      else response.writeHead(404).end('{"errcode":"M_NOT_FOUND"}');
    }, 'site');
    network.places.set('example.org:443', site.port).set('hs.internal:8443', hs.port);
    const open = () =>
      new HttpAccountLookup({ http: network, apis: new ClientPlaces(network, clock), isAllowed: () => true });
    const accounts = open();
    expect([await accounts.has('@anna:example.org'), await accounts.has('@bert:example.org')]).toEqual([true, true]);
    expect(site.seen).toHaveLength(1);

    wellKnown = (_request, response) => response.writeHead(404).end();
    expect(await open().has('@anna:example.org')).toBe(false);
    wellKnown = answer({ 'm.homeserver': { base_url: 'http://hs.internal' } });
    await expect(open().has('@anna:example.org')).rejects.toThrow('without an https URL of a homeserver');
  });

  it('sends no request to a homeserver that is not allowed', async () => {
    const network = new PrivateNetwork(authority.ca);
    const accounts = new HttpAccountLookup({
      http: network,
      apis: new ClientPlaces(network, clock),
      isAllowed: () => false,
    });
    await expect(accounts.has('@anna:example.org')).rejects.toThrow(
      'connections to example.org are not allowed (federation.allowedServers)',
    );
    expect(network.asked).toEqual([]);
  });
});
