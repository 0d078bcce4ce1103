import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { email } from '../../../../src/domain/identifiers/threepid.js';
import { bob } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const lookup = '/api/v1/lookup?medium=email&address=bob@example.com';
const carriesNone: Readonly<Record<string, string>> = {};

describe('who may use v1, with a trusted proxy on loopback', () => {
  const app = useApp();

  it.for([
    ['a client on this machine', carriesNone, 200],
    ['a client of a private network behind the proxy', { 'x-forwarded-for': '192.168.1.7' }, 200],
    ['one on an IPv6 network of ours', { 'x-forwarded-for': 'fd00::7' }, 200],
    ['one with a port', { 'x-forwarded-for': '192.168.1.7:50123' }, 200],
    ['one with brackets and a port', { 'x-forwarded-for': '[fd00::7]:50123' }, 200],
    ['one as an IPv4 address in IPv6', { 'x-forwarded-for': '::ffff:192.168.1.7' }, 200],
    ['the same in hexadecimal', { 'x-forwarded-for': '::ffff:c0a8:107' }, 200],
    ['a private client behind two proxies on this machine', { 'x-forwarded-for': '10.0.0.7, 127.0.0.1' }, 200],
    ['a client of the Internet', { 'x-forwarded-for': '203.0.113.7' }, 403],
    ['one on IPv6', { 'x-forwarded-for': '2001:db8::7' }, 403],
    ['one as an IPv4 address in IPv6', { 'x-forwarded-for': '::ffff:203.0.113.7' }, 403],
    ['one that pretends to be this machine', { 'x-forwarded-for': '127.0.0.1, 203.0.113.7' }, 403],
    ['one that pretends to be private', { 'x-forwarded-for': '192.168.1.7,203.0.113.7' }, 403],
    [
      'one behind a private proxy that nobody configured',
      { 'x-forwarded-for': '10.0.0.7, 203.0.113.7, 127.0.0.1' },
      403,
    ],
    ['words', { 'x-forwarded-for': 'unknown' }, 403],
    ['an empty header', { 'x-forwarded-for': '' }, 403],
    ['an address with a comma too many', { 'x-forwarded-for': '192.168.1.7,' }, 403],
    ['a number that some read as an address', { 'x-forwarded-for': '2130706433' }, 403],
    ['an octal address', { 'x-forwarded-for': '0177.0.0.1' }, 403],
    ['whoever a header names that is not read', { 'x-real-ip': '192.168.1.7' }, 403],
    ['a proxy with the standard header alone', { forwarded: 'for=192.168.1.7' }, 403],
    ['a proxy that only says that it is one', { via: '1.1 cache' }, 403],
    ['a proxy with the header of Cloudflare', { 'cf-connecting-ip': '192.168.1.7' }, 403],
    ['a proxy with the header of Akamai', { 'true-client-ip': '192.168.1.7' }, 403],
    ['a proxy with a header of its own', { 'x-client-ip': '192.168.1.7' }, 403],
    ['a proxy in front of several servers', { 'x-cluster-client-ip': '192.168.1.7' }, 403],
    ['a proxy that says on which port it was asked', { 'x-forwarded-port': '443' }, 403],
    ['a proxy that says that it speaks TLS', { 'x-forwarded-ssl': 'on' }, 403],
    ['a proxy that says which scheme it was asked by', { 'x-scheme': 'https' }, 403],
  ] as const)('%s', async ([_case, headers, status]) => {
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
  ] as const)('is asked before anything else at %s %s', async ([method, path]) => {
    const { status, json } = await app.call(method, path, {
      headers: { 'x-forwarded-for': '203.0.113.7' },
      ...(method === 'POST' && { body: '{' }),
    });
    expect([status, json.errcode]).toEqual([403, 'M_FORBIDDEN']);
  });
});

describe('who may use v1, with no trusted proxy', () => {
  const app = useApp({ http: { trustedProxies: [] } });

  it.for(['192.168.1.7', '127.0.0.1', '203.0.113.7', '::1'])(
    'no client behind an unknown proxy, not even as %s',
    async (address) => {
      expect((await app.call('GET', lookup, { headers: { 'x-forwarded-for': address } })).status).toBe(403);
    },
  );

  it('a client on this machine that comes by itself', async () => {
    expect((await app.call('GET', lookup)).status).toBe(200);
  });
});

describe('who may use v1, with nobody allowed', () => {
  const app = useApp({ http: { v1: { allowFrom: [] } } });

  it('no one, except for the requests of old rooms and mails', async () => {
    expect((await app.call('GET', lookup)).status).toBe(403);
    expect((await app.call('GET', '/api/v1/pubkey/ed25519:0')).status).toBe(200);
    expect((await app.call('GET', '/api/v1/pubkey/isvalid?public_key=x')).status).toBe(200);
    expect((await app.call('GET', '/api/v1/pubkey/ephemeral/isvalid?public_key=x')).status).toBe(200);
    expect((await app.call('GET', '/api/v1/validate/email/submitToken')).status).toBe(400);
    expect((await app.call('POST', '/api/v1/sign-ed25519?mxid=@a:b&token=a&private_key=b')).status).toBe(404);
  });
});

describe('who may use v1, with a proxy of two addresses and one client allowed', () => {
  const app = useApp({ http: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'], v1: { allowFrom: ['198.51.100.7/32'] } } });

  it.for([
    ['198.51.100.7', 200],
    ['198.51.100.7, 10.1.2.3', 200],
    ['198.51.100.8, 10.1.2.3', 403],
    ['10.1.2.3', 403],
  ] as const)('%s: %i', async ([forwarded, status]) => {
    expect((await app.call('GET', lookup, { headers: { 'x-forwarded-for': forwarded } })).status).toBe(status);
  });
});

/** Node's own client, which writes any header it is told to. */
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
    ['of another site, in a browser that says less', { origin: 'https://evil.example' }],
    ['of another site, by an image or a link', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['without an origin of their own', { origin: 'null' }],
    ['that look like ours', { origin: 'https://app.example.org.evil.example' }],
    ['of a name that was made to lead here', { host: 'attacker.example' }],
    ['of such a name, on our port', { host: 'attacker.example:8090', 'sec-fetch-site': 'same-origin' }],
    ['of such a name, by our proxy', { 'x-forwarded-host': 'attacker.example', 'x-forwarded-for': '127.0.0.1' }],
    ['of a name that begins like ours', { host: 'id.example.org.attacker.example' }],
  ] as const)('%s read and send nothing', async ([_case, headers]) => {
    await app.bind(email('bob@example.com'), bob);
    for (const [method, path, body] of calls) {
      const answer = await ask(app.port, method, path, { 'content-type': 'text/plain', ...headers }, body);
      expect([answer.status, JSON.parse(answer.text).errcode]).toEqual([403, 'M_FORBIDDEN']);
      expect(answer.text).not.toContain(bob);
    }
    expect(await app.stores.invites.waitingThreepids()).toEqual([]);
  });

  it('that are named in the configuration may read, and no other reads with them', async () => {
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
    'are not what homeservers, curl and old clients are, which ask for %j',
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

  it('is known by the name that it is asked for', async () => {
    expect((await ask(app.port, 'GET', lookup, { host: 'id.example.org' })).status).toBe(403);
    const forwarded = { host: 'id.example.org', 'x-forwarded-for': '127.0.0.9' };
    expect((await ask(app.port, 'GET', lookup, forwarded)).status).toBe(200);
    expect((await ask(app.port, 'GET', lookup, { host: '127.0.0.1:8090' })).status).toBe(200);
  });
});
