import type { RequestListener } from 'node:http';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FederationClient, type FederationOptions } from '../../../src/adapters/matrix/federation-client.js';
import { HttpHomeservers } from '../../../src/adapters/matrix/http-homeservers.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import { homeserversContract } from '../../contracts/homeservers.contract.js';
import { PrivateNetwork } from '../../support/private-network.js';
import { startStandIn, type StandIn } from '../../support/stand-in.js';
import { createAuthority, type Authority } from '../../support/tls.js';

let authority: Authority<'site' | 'hs' | 'address'>;
beforeAll(() => {
  authority = createAuthority({
    site: ['example.org'],
    hs: ['hs.internal', 'matrix.example.org'],
    address: ['192.0.2.7', '2001:db8::7', '127.0.0.1'],
  });
});

const clock = { now: () => performance.timeOrigin + performance.now() };
const limits = { userinfoMs: 1_000, onbindMs: 1_000, onbindAgainMs: 1_000 };

const anna: RequestListener = (_request, response) => response.end('{"sub":"@anna:example.org"}');
const delegateTo =
  (server: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(200, headers).end(JSON.stringify({ 'm.server': server }));
const notFound: RequestListener = (_request, response) => response.writeHead(404).end();

describe('a homeserver with a configured URL', () => {
  homeserversContract(async (behaviour) => {
    const standIn = await startStandIn(behaviour, authority.certificates.address);
    const homeservers = { 'example.org': { url: standIn.url, ca: authority.ca } };
    const federation = new FederationClient(new AxiosHttpClient(), clock, { homeservers });
    return {
      homeservers: new HttpHomeservers(federation, limits),
      name: 'example.org',
      close: () => standIn.close(),
    };
  });
});

describe('a homeserver on the network', () => {
  homeserversContract(async (behaviour) => {
    const network = new PrivateNetwork(authority.ca);
    const standIn = await startStandIn(behaviour, authority.certificates.site);
    network.places.set('example.org:8448', standIn.port);
    const federation = new FederationClient(network, clock, {}, network.resolveSrv);
    return {
      homeservers: new HttpHomeservers(federation, limits),
      name: 'example.org',
      close: () => standIn.close(),
    };
  });
});

describe('HttpHomeservers', () => {
  let network: PrivateNetwork;
  let now: number;
  const standIns: StandIn[] = [];

  beforeEach(() => {
    network = new PrivateNetwork(authority.ca);
    now = Date.parse('2026-01-01T00:00:00Z');
  });
  afterEach(async () => {
    await Promise.all(standIns.splice(0).map((standIn) => standIn.close()));
  });

  const serve = async (handler: RequestListener, certificate: 'site' | 'hs' | 'address', ...places: string[]) => {
    const standIn = await startStandIn(handler, authority.certificates[certificate]);
    standIns.push(standIn);
    for (const place of places) network.places.set(place, standIn.port);
    return standIn;
  };
  const open = (options: FederationOptions = {}) => {
    const federation = new FederationClient(network, { now: () => now }, options, network.resolveSrv);
    return new HttpHomeservers(federation, limits);
  };
  const refusalOf = async (homeserver: string, options: FederationOptions = {}) => {
    const refusal = await open(options)
      .whoHasOpenIdToken(homeserver, 's3cret')
      .catch((error: unknown) => error);
    return refusal as Error & { cause: Error; reason: string };
  };

  describe('finds homeservers by their names (FED-2)', () => {
    it.each([
      ['192.0.2.7', '192.0.2.7:8448', 'address'],
      ['192.0.2.7:8450', '192.0.2.7:8450', 'address'],
      ['[2001:db8::7]', '2001:db8::7:8448', 'address'],
      ['[2001:db8::7]:8450', '2001:db8::7:8450', 'address'],
      ['hs.internal:8450', 'hs.internal:8450', 'hs'],
    ] as const)('looks %s up at %s, and at no other server', async (name, place, certificate) => {
      const homeserver = await serve(anna, certificate, place);

      expect(await open().whoHasOpenIdToken(name, 't')).toBe('@anna:example.org');

      expect(homeserver.seen[0]?.headers.host).toBe(name);
      expect(network.asked).toHaveLength(1);
    });

    it.each([
      ['192.0.2.7', '192.0.2.7:8448', 'address', '192.0.2.7'],
      ['[2001:db8::7]:8450', '2001:db8::7:8450', 'address', '[2001:db8::7]:8450'],
      ['hs.internal:8450', 'hs.internal:8450', 'hs', 'hs.internal:8450'],
      ['hs.internal', 'hs.internal:8448', 'hs', 'hs.internal'],
    ] as const)('looks a name with the .well-known %s up at %s', async (server, place, certificate, host) => {
      await serve(delegateTo(server), 'site', 'example.org:443');
      const homeserver = await serve(anna, certificate, place);

      expect(await open().whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');

      expect(homeserver.seen[0]?.headers.host).toBe(host);
      expect(network.asked.filter((asked) => asked.includes('.well-known'))).toEqual([
        'GET https://example.org/.well-known/matrix/server at example.org:443',
      ]);
    });

    it.each(['_matrix-fed._tcp', '_matrix._tcp'])(
      'uses host and port of the service %s, but not its name for the certificate',
      async (service) => {
        network.services.set(`${service}.example.org`, [{ name: 'box.internal', port: 8450, priority: 0, weight: 0 }]);
        const homeserver = await serve(anna, 'site', 'box.internal:8450');

        expect(await open().whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');

        expect(homeserver.seen[0]?.headers.host).toBe('example.org');
      },
    );

    it('uses the service of the delegated name', async () => {
      await serve(delegateTo('hs.internal'), 'site', 'example.org:443');
      network.services.set('_matrix-fed._tcp.hs.internal', [
        { name: 'box.internal', port: 8450, priority: 0, weight: 0 },
      ]);
      network.services.set('_matrix-fed._tcp.example.org', [
        { name: 'wrong.internal', port: 1, priority: 0, weight: 0 },
      ]);
      const homeserver = await serve(anna, 'hs', 'box.internal:8450');

      expect(await open().whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');

      expect(homeserver.seen[0]?.headers.host).toBe('hs.internal');
    });

    it('prefers the newer service name', async () => {
      network.services.set('_matrix-fed._tcp.example.org', [
        { name: 'new.internal', port: 8448, priority: 0, weight: 0 },
      ]);
      network.services.set('_matrix._tcp.example.org', [{ name: 'old.internal', port: 8448, priority: 0, weight: 0 }]);
      const [newer, older] = [
        await serve(anna, 'site', 'new.internal:8448'),
        await serve(anna, 'site', 'old.internal:8448'),
      ];

      await open().whoHasOpenIdToken('example.org', 't');

      expect([newer.seen.length, older.seen.length]).toEqual([1, 0]);
    });

    it('tries the hosts of a service by priority until one answers', async () => {
      network.services.set('_matrix-fed._tcp.example.org', [
        { name: 'third.internal', port: 8448, priority: 30, weight: 0 },
        { name: 'first.internal', port: 8448, priority: 10, weight: 5 },
        { name: 'second.internal', port: 8448, priority: 20, weight: 0 },
      ]);
      await serve(anna, 'site', 'second.internal:8448', 'third.internal:8448');

      expect(await open().whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');

      expect(network.asked.slice(1).map((asked) => asked.replace(/.* at /, ''))).toEqual([
        'first.internal:8448',
        'second.internal:8448',
      ]);
    });

    it('uses no service that points to the root, which means that there is none', async () => {
      network.services.set('_matrix-fed._tcp.example.org', [{ name: '', port: 0, priority: 0, weight: 0 }]);
      await serve(anna, 'site', 'example.org:8448');
      expect(await refusalOf('example.org')).toMatchObject({ message: 'The homeserver example.org cannot be found' });
    });

    it.each<[string, RequestListener]>([
      ['another status', notFound],
      ['a text that is not JSON', (_request, response) => response.end('<html>')],
      ['JSON without m.server', (_request, response) => response.end('{"m.homeserver":"hs.internal"}')],
      ['an invalid server name', delegateTo('https://hs.internal/')],
      [
        'a redirect to http',
        (_request, response) => response.writeHead(302, { Location: 'http://hs.internal/' }).end(),
      ],
      ['endless redirects', (request, response) => response.writeHead(302, { Location: request.url }).end()],
      [
        'more than 50 KiB',
        (_request, response) => response.end(JSON.stringify({ 'm.server': 'hs.internal', a: 'x'.repeat(52_000) })),
      ],
    ])('ignores a .well-known with %s', async (_case, behaviour) => {
      await serve(behaviour, 'site', 'example.org:443');
      await serve(anna, 'site', 'example.org:8448');
      expect(await open().whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');
      expect(network.asked.length).toBeLessThan(10);
      expect(network.asked.join()).not.toContain('http://');
    });

    it('follows redirects of a .well-known', async () => {
      const delegating = await serve(delegateTo('hs.internal:8450'), 'hs', 'matrix.example.org:443');
      const redirect: RequestListener = (_request, response) =>
        response.writeHead(308, { Location: 'https://matrix.example.org/server.json' }).end();
      await serve(redirect, 'site', 'example.org:443');
      await serve(anna, 'hs', 'hs.internal:8450');

      expect(await open().whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');
      expect(delegating.seen[0]?.url).toBe('/server.json');
    });

    it('ignores a .well-known without a valid certificate', async () => {
      await serve(delegateTo('hs.internal:8450'), 'hs', 'example.org:443');
      await serve(anna, 'site', 'example.org:8448');
      expect(await open().whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');
    });
  });

  describe('caches a .well-known', () => {
    const minutes = (count: number) => count * 60_000;

    it.each([
      ['a day without a header', {}, minutes(24 * 60)],
      ['the time in max-age', { 'Cache-Control': 'public, max-age=3600' }, minutes(60)],
      ['the time until it expires', { Expires: 'Thu, 01 Jan 2026 02:00:00 GMT' }, minutes(120)],
      ['two days at most', { 'Cache-Control': 'max-age=31536000' }, minutes(48 * 60)],
      ['five minutes at least', { 'Cache-Control': 'no-store' }, minutes(5)],
    ])('for %s', async (_case, headers, lifetimeMs) => {
      const site = await serve(
        delegateTo('hs.internal:8450', headers as Record<string, string>),
        'site',
        'example.org:443',
      );
      await serve(anna, 'hs', 'hs.internal:8450');
      const homeservers = open();

      await homeservers.whoHasOpenIdToken('example.org', 't');
      now += lifetimeMs - 1;
      await homeservers.whoHasOpenIdToken('example.org', 't');
      expect(site.seen).toHaveLength(1);

      now += 1;
      await homeservers.whoHasOpenIdToken('example.org', 't');
      expect(site.seen).toHaveLength(2);
    });

    it('that does not exist for a minute, then two, and an hour at most', async () => {
      const site = await serve(notFound, 'site', 'example.org:443');
      await serve(anna, 'site', 'example.org:8448');
      const homeservers = open();
      await homeservers.whoHasOpenIdToken('example.org', 't');

      for (const [index, pause] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
        now += minutes(pause) - 1;
        await homeservers.whoHasOpenIdToken('example.org', 't');
        expect(site.seen).toHaveLength(index + 1);
        now += 1;
        await homeservers.whoHasOpenIdToken('example.org', 't');
        expect(site.seen).toHaveLength(index + 2);
      }
    });

    it('with one request for concurrent callers', async () => {
      const site = await serve(delegateTo('hs.internal:8450'), 'site', 'example.org:443');
      const homeserver = await serve(anna, 'hs', 'hs.internal:8450');
      const homeservers = open();

      await Promise.all(Array.from({ length: 10 }, () => homeservers.whoHasOpenIdToken('example.org', 't')));

      expect(site.seen).toHaveLength(1);
      expect(homeserver.seen).toHaveLength(10);
    });
  });

  describe('returns a short reason to clients, and logs each step', () => {
    it('if a .well-known names a host that only the internal network knows', async () => {
      await serve(delegateTo('hs.internal:8450'), 'site', 'example.org:443');

      const refusal = await refusalOf('example.org');

      expect(refusal.message).toBe(
        'The homeserver example.org cannot be reached: the host in its .well-known file cannot be found',
      );
      expect(refusal.cause.message).toBe('example.org -> .well-known -> hs.internal:8450 -> the name cannot be found');
      expect(refusal.cause.cause).toMatchObject({ name: 'HttpConnectionError', endpoint: 'https://hs.internal:8450' });
    });

    it('if the host name is unknown', async () => {
      const refusal = await refusalOf('nobody.example');
      expect(refusal.message).toBe('The homeserver nobody.example cannot be found');
      expect(refusal.cause.message).toBe(
        'nobody.example -> no .well-known (the name cannot be found) -> nobody.example:8448 -> the name cannot be found',
      );
    });

    it('if the service record leads to a closed port', async () => {
      network.services.set('_matrix._tcp.example.org', [{ name: 'box.internal', port: 8450, priority: 0, weight: 0 }]);
      await serve(anna, 'site', 'box.internal:8450');
      await standIns.pop()?.close();

      const refusal = await refusalOf('example.org');

      expect(refusal.message).toBe('The homeserver example.org cannot be reached: it does not accept connections');
      expect(refusal.cause.message).toMatch(
        / -> SRV _matrix\._tcp\.example\.org -> 127\.0\.0\.1:\d+ -> the connection is refused$/,
      );
    });

    it('if the certificate is for another name (FED-3)', async () => {
      await serve(anna, 'hs', 'example.org:8448');
      const refusal = await refusalOf('example.org');
      expect(refusal.message).toBe('The homeserver example.org cannot be reached: its certificate is for another name');
    });

    it('if the address is private, with the same message as for a name that does not exist (ONB-8)', async () => {
      const federation = new FederationClient(new AxiosHttpClient(), clock, {}, network.resolveSrv);
      const homeservers = new HttpHomeservers(federation, limits);
      const messages = await Promise.all(
        ['localhost:8008', '127.0.0.1:8008', '[::ffff:10.0.0.1]', 'nobody.invalid:8008'].map((name) =>
          homeservers.whoHasOpenIdToken(name, 't').catch((error: Error) => error.message.replace(name, 'it')),
        ),
      );
      expect(new Set(messages)).toEqual(new Set(['The homeserver it cannot be found']));
    });

    it('if the answer is not valid', async () => {
      await serve(
        (_request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'),
        'site',
        'example.org:8448',
      );
      const refusal = await refusalOf('example.org');
      expect(refusal.cause.message).toBe(
        `example.org -> no .well-known (the name cannot be found) -> example.org:8448 -> GET /_matrix/federation/v1/openid/userinfo -> 200, text/html, 6 characters`,
      );
    });

    it('if the notification of a binding is refused', async () => {
      await serve(
        (_request, response) => response.writeHead(404).end('{"errcode":"M_UNRECOGNIZED"}'),
        'site',
        'example.org:8448',
      );
      expect(await open().onBind('example.org', { address: 'anna@example.org' }, 0)).toEqual({
        kind: 'refused',
        reason:
          'example.org -> no .well-known (the name cannot be found) -> example.org:8448 -> PUT /_matrix/federation/v1/3pid/onbind -> 404 M_UNRECOGNIZED',
      });
    });
  });

  describe('uses the configuration', () => {
    it('queries a configured homeserver at its URL, without discovery', async () => {
      const homeserver = await serve(anna, 'hs', 'hs.internal:443');
      const homeservers = { 'example.org': { url: 'https://hs.internal/matrix/' } };

      expect(await open({ homeservers }).whoHasOpenIdToken('example.org', 'a b')).toBe('@anna:example.org');

      const path = '/matrix/_matrix/federation/v1/openid/userinfo?access_token=a%20b';
      expect(network.asked).toEqual([`GET https://hs.internal${path} at hs.internal:443`]);
      expect(homeserver.seen[0]).toMatchObject({ url: path, headers: { host: 'hs.internal' } });
    });

    it('uses the configured TLS name for SNI, certificate and Host', async () => {
      const homeserver = await startStandIn(anna, authority.certificates.hs);
      standIns.push(homeserver);
      const known = { url: homeserver.url, ca: authority.ca, tlsName: 'matrix.example.org' };
      const federation = new FederationClient(new AxiosHttpClient(), clock, { homeservers: { 'example.org': known } });

      const sub = await new HttpHomeservers(federation, limits).whoHasOpenIdToken('example.org', 't');

      expect(sub).toBe('@anna:example.org');
      expect(homeserver.seen[0]?.headers.host).toBe(`matrix.example.org:${homeserver.port}`);
    });

    it('queries only homeservers that are configured or allowed, if there are any', async () => {
      await serve(anna, 'site', 'example.org:8448');
      const options = { homeservers: { 'own.example': { url: 'https://hs.internal' } }, allow: ['example.org'] };

      expect(await open(options).whoHasOpenIdToken('example.org', 't')).toBe('@anna:example.org');
      expect(await refusalOf('own.example', options)).toMatchObject({ code: 'homeserver_failed' });

      network.asked.length = 0;
      expect(await refusalOf('other.example', options)).toMatchObject({ code: 'homeserver_not_allowed' });
      expect(await open(options).onBind('other.example', {}, 0)).toMatchObject({ kind: 'refused' });
      expect(network.asked).toEqual([]);
    });
  });
});
