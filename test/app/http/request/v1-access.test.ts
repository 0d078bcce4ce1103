import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const lookup = '/api/v1/lookup?medium=email&address=bob@example.com';
const carriesNone: Readonly<Record<string, string>> = {};

describe('access to v1 with a trusted proxy on loopback', () => {
  const app = useApp();

  it.for([
    ['a client on this machine', carriesNone, 200],
    ['a client of a private network behind the proxy', { 'x-forwarded-for': '192.168.1.7' }, 200],
    ['a client on an IPv6 network of the operator', { 'x-forwarded-for': 'fd00::7' }, 200],
    ['a private client with a port', { 'x-forwarded-for': '192.168.1.7:50123' }, 200],
    ['a private client with brackets and a port', { 'x-forwarded-for': '[fd00::7]:50123' }, 200],
    ['a private client as an IPv4 address in IPv6', { 'x-forwarded-for': '::ffff:192.168.1.7' }, 200],
    ['a private client in hexadecimal IPv6', { 'x-forwarded-for': '::ffff:c0a8:107' }, 200],
    ['a private client behind two proxies on this machine', { 'x-forwarded-for': '10.0.0.7, 127.0.0.1' }, 200],
    ['a client of the Internet', { 'x-forwarded-for': '203.0.113.7' }, 403],
    ['a client of the Internet on IPv6', { 'x-forwarded-for': '2001:db8::7' }, 403],
    ['a client of the Internet as an IPv4 address in IPv6', { 'x-forwarded-for': '::ffff:203.0.113.7' }, 403],
    ['a client that claims to be this machine', { 'x-forwarded-for': '127.0.0.1, 203.0.113.7' }, 403],
    ['a client that claims to be private', { 'x-forwarded-for': '192.168.1.7,203.0.113.7' }, 403],
    [
      'a client behind a private proxy that is not configured',
      { 'x-forwarded-for': '10.0.0.7, 203.0.113.7, 127.0.0.1' },
      403,
    ],
    ['words instead of an address', { 'x-forwarded-for': 'unknown' }, 403],
    ['an empty header', { 'x-forwarded-for': '' }, 403],
    ['an address after a superfluous comma', { 'x-forwarded-for': '192.168.1.7,' }, 403],
    ['a number that some programs read as an address', { 'x-forwarded-for': '2130706433' }, 403],
    ['an octal address', { 'x-forwarded-for': '0177.0.0.1' }, 403],
    ['a client address in a header that is not read', { 'x-real-ip': '192.168.1.7' }, 403],
    ['a proxy that sends only the standard header', { forwarded: 'for=192.168.1.7' }, 403],
    ['a proxy that only says that it is one', { via: '1.1 cache' }, 403],
    ['a proxy with the header of Cloudflare', { 'cf-connecting-ip': '192.168.1.7' }, 403],
    ['a proxy with the header of Akamai', { 'true-client-ip': '192.168.1.7' }, 403],
    ['a proxy that sends its own header', { 'x-client-ip': '192.168.1.7' }, 403],
    ['a proxy in front of several servers', { 'x-cluster-client-ip': '192.168.1.7' }, 403],
    ['a proxy that sends the requested port', { 'x-forwarded-port': '443' }, 403],
    ['a proxy that says that it uses TLS', { 'x-forwarded-ssl': 'on' }, 403],
    ['a proxy that sends the requested scheme', { 'x-scheme': 'https' }, 403],
  ] as const)('is decided for %s', async ([_case, headers, status]) => {
    await app.bind(email('bob@example.com'), bob);
    const answer = await app.call('GET', lookup, { headers });
    const denied = { errcode: 'M_FORBIDDEN', error: expect.stringContaining('v1.allowFrom') };
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject(status === 403 ? denied : { mxid: bob });
  });

  it.for([
    ['POST', '/api/v1/validate/email/requestToken'],
    ['POST', '/api/v1/validate/email/submitToken'],
    ['POST', '/api/v1/validate/msisdn/requestToken'],
    ['POST', '/api/v1/validate/msisdn/submitToken'],
    ['GET', '/api/v1/3pid/getValidated3pid'],
    ['POST', '/api/v1/3pid/bind'],
    ['GET', '/api/v1/lookup'],
    ['POST', '/api/v1/bulk_lookup'],
    ['POST', '/api/v1/store-invite'],
    ['POST', '/api/v1/sign-ed25519'],
    ['POST', '/%61pi/v%31/bulk_lookup/'],
  ] as const)('is checked before anything else at %s %s', async ([method, path]) => {
    const { status, json } = await app.call(method, path, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
      ...(method === 'POST' && { body: '{' }),
    });
    expect([status, json.errcode]).toEqual([403, 'M_FORBIDDEN']);
  });
});

describe('access to v1 without a trusted proxy', () => {
  const app = useApp({ http: { trustedProxies: [] } });

  it.for(['192.168.1.7', '127.0.0.1', '203.0.113.7', '::1'])(
    'is refused to clients behind an unknown proxy, even as %s',
    async (address) => {
      expect((await app.call('GET', lookup, { headers: { 'x-forwarded-for': address } })).status).toBe(403);
    },
  );

  it('is allowed for a direct client on this machine', async () => {
    expect((await app.call('GET', lookup)).status).toBe(200);
  });
});

describe('access to v1 with an empty list', () => {
  const app = useApp({ http: { v1: { allowFrom: [] } } });

  it('is refused to all, except for requests of old rooms and mails', async () => {
    expect((await app.call('GET', lookup)).status).toBe(403);
    expect((await app.call('GET', '/api/v1/pubkey/ed25519:0')).status).toBe(200);
    expect((await app.call('GET', '/api/v1/pubkey/isvalid?public_key=x')).status).toBe(200);
    expect((await app.call('GET', '/api/v1/pubkey/ephemeral/isvalid?public_key=x')).status).toBe(200);
    expect((await app.call('GET', '/api/v1/validate/email/submitToken')).status).toBe(400);
    expect((await app.call('POST', '/api/v1/sign-ed25519?mxid=@a:b&token=a&private_key=b')).status).toBe(404);
  });
});

describe('access to v1 with a proxy of two addresses and one allowed client', () => {
  const app = useApp({ http: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'], v1: { allowFrom: ['198.51.100.7/32'] } } });

  it.for([
    ['198.51.100.7', 200],
    ['198.51.100.7, 10.1.2.3', 200],
    ['198.51.100.8, 10.1.2.3', 403],
    ['10.1.2.3', 403],
  ] as const)('has for %s the status %i', async ([forwarded, status]) => {
    expect((await app.call('GET', lookup, { headers: { 'x-forwarded-for': forwarded } })).status).toBe(status);
  });
});

/** Node's own client, which can send any header. */
async function ask(port: number, method: string, path: string, headers: Record<string, string>, body?: string) {
  const req = request({ port, method, path: `/_matrix/identity${path}`, headers });
  req.end(body);
  const [answer] = (await once(req, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, text: await text(answer) };
}

const bulk = JSON.stringify({ threepids: [['email', 'bob@example.com']] });
const invite = JSON.stringify({
  medium: 'email',
  address: 'carol@example.com',
  room_id: '!room:example.org',
  sender: '@a:example.org',
});

describe('web pages that a person in the network opens', () => {
  const app = useApp({
    http: { v1: { allowFrom: ['127.0.0.0/8'], allowOrigins: ['https://app.example.org'], hosts: ['id.example.org'] } },
  });

  const calls = [
    ['GET', lookup, undefined],
    ['POST', '/api/v1/bulk_lookup', bulk],
    ['POST', '/api/v1/store-invite', invite],
  ] as const;

  it.for([
    ['of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of another site, in a browser that sends fewer headers', { origin: 'https://evil.example' }],
    ['of another site, with an image or a link', { 'sec-fetch-site': 'cross-site' }],
    ['of another server of the network', { 'sec-fetch-site': 'same-site' }],
    ['without an origin', { origin: 'null' }],
    ['with a similar origin', { origin: 'https://app.example.org.evil.example' }],
    ['of a host name that resolves to this server', { host: 'attacker.example' }],
    [
      'of such a host name, on the port of this server',
      { host: 'attacker.example:8090', 'sec-fetch-site': 'same-origin' },
    ],
    [
      'of such a host name, through the proxy of this server',
      { 'x-forwarded-host': 'attacker.example', 'x-forwarded-for': '127.0.0.1' },
    ],
    ['of a host name that begins like that of this server', { host: 'id.example.org.attacker.example' }],
  ] as const)('cannot read or send anything: %s', async ([_case, headers]) => {
    await app.bind(email('bob@example.com'), bob);
    for (const [method, path, body] of calls) {
      const answer = await ask(app.port, method, path, { 'content-type': 'text/plain', ...headers }, body);
      expect([answer.status, JSON.parse(answer.text).errcode]).toEqual([403, 'M_FORBIDDEN']);
      expect(answer.text).not.toContain(bob);
    }
    expect(await app.stores.invites.waitingThreepids()).toEqual([]);
  });

  it('can read if they are configured, and no others with them', async () => {
    await app.bind(email('bob@example.com'), bob);
    const headers = { origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' };
    const answer = await ask(app.port, 'GET', lookup, headers);
    expect(JSON.parse(answer.text)).toMatchObject({ mxid: bob });
    expect([answer.headers['access-control-allow-origin'], answer.headers['vary']]).toEqual([
      'https://app.example.org',
      'Origin',
    ]);
  });

  it.for(['127.0.0.1', '127.0.0.1:8090', '[::1]:8090', 'localhost:8090', 'islet', 'islet:8090', 'ID.example.org', ''])(
    'are distinguished from homeservers, curl and old clients with the host %j',
    async (host) => {
      await app.bind(email('bob@example.com'), bob);
      expect(JSON.parse((await ask(app.port, 'GET', lookup, { host })).text)).toMatchObject({ mxid: bob });
    },
  );
});

describe('a proxy that does not send the address of the client', () => {
  const app = useApp({
    http: { v1: { allowFrom: ['127.0.0.0/8'], hosts: ['id.example.org'], proxiedHost: 'id.example.org' } },
  });

  it('is recognised by the requested host name', async () => {
    expect((await ask(app.port, 'GET', lookup, { host: 'id.example.org' })).status).toBe(403);
    const forwarded = { host: 'id.example.org', 'x-forwarded-for': '127.0.0.9' };
    expect((await ask(app.port, 'GET', lookup, forwarded)).status).toBe(200);
    expect((await ask(app.port, 'GET', lookup, { host: '127.0.0.1:8090' })).status).toBe(200);
  });
});
