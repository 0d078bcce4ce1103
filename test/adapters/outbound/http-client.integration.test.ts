import { afterEach, describe, expect, it, vi } from 'vitest';
import { AddressGuard } from '../../../src/adapters/outbound/address-guard.js';
import { AxiosHttpClient } from '../../../src/adapters/outbound/axios-http-client.js';
import type { HttpRequest } from '../../../src/ports/http-client.js';
import { httpClientContract } from '../../contracts/http-client.contract.js';
import { startStandIn, type StandIn } from '../../support/stand-in.js';
import { createAuthority } from '../../support/tls.js';

const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url,
  timeLimitMs: 5_000,
  maxBytes: 1_000,
  chosenBy: 'operator',
  ...more,
});

httpClientContract(() => new AxiosHttpClient());

describe('AxiosHttpClient', () => {
  const standIns: StandIn[] = [];
  const serve = async () => {
    const standIn = await startStandIn((_request, response) => response.end('ok'));
    standIns.push(standIn);
    return standIn;
  };

  afterEach(async () => {
    vi.unstubAllEnvs();
    await Promise.all(standIns.splice(0).map((standIn) => standIn.close()));
  });

  it('connects for untrusted requests to the networks that the configuration allows', async () => {
    const { port } = await serve();
    const client = new AxiosHttpClient(['127.0.0.0/8']);

    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      expect(await client.request(request(`http://${host}:${port}/`, { chosenBy: 'stranger' }))).toMatchObject({
        body: 'ok',
      });
    }
  });

  it('ignores proxies in the environment', async () => {
    const [proxy, server] = [await serve(), await serve()];
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
      vi.stubEnv(name, proxy.url);
    }
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');

    await new AxiosHttpClient().request(request(server.url));
    await new AxiosHttpClient().request(request(`https://127.0.0.1:${server.port}/`)).catch(() => undefined);

    expect(server.seen).toHaveLength(1);
    expect(proxy.seen).toEqual([]);
    expect(proxy.connections()).toBe(0);
  });

  it('checks certificates, whatever the environment variables are', async () => {
    const { certificates } = createAuthority({ server: ['127.0.0.1'] });
    const standIn = await startStandIn((_request, response) => response.end('ok'), certificates.server);
    standIns.push(standIn);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');

    await expect(new AxiosHttpClient().request(request(standIn.url))).rejects.toMatchObject({ problem: 'certificate' });
  });

  it('keeps a connection to a configured server for the next request, for a limited time', async () => {
    const { url, seen, connections } = await serve();
    const client = new AxiosHttpClient();

    for (let i = 0; i < 20; i++) await client.request(request(url));

    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
    await expect.poll(connections).toBe(0);
  });

  it('keeps no connection to a server that a client chose', async () => {
    const { url, seen, connections } = await serve();
    const client = new AxiosHttpClient(['127.0.0.1']);

    for (let i = 0; i < 20; i++) await client.request(request(url, { chosenBy: 'stranger' }));

    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(20);
    await expect.poll(connections).toBe(0);
  });
});

describe('AddressGuard', () => {
  const forbidden = [
    '10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1',
    '198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 0.0.0.0',
    ':: ::1 fe80::1 fe80::1%lo fc00::1 fd12::1 fec0::1 ff02::1 2001:db8::1 64:ff9b::a00:1 2001::1',
    '::ffff:10.0.0.1 ::ffff:a00:1 2002:a00:1:: ::10.0.0.1 ::ffff:0:10.0.0.1 example.org',
  ];

  it.each([...forbidden.flatMap((line) => line.split(' ')), ''])('forbids %j', (address) => {
    expect(new AddressGuard().isForbidden(address)).toBe(true);
  });

  it.each(['8.8.8.8', '193.0.6.139', '2606:4700:4700::1111', '2001:67c:2e8:22::c100:68b', '::ffff:8.8.8.8'])(
    'allows %j',
    (address) => {
      expect(new AddressGuard().isForbidden(address)).toBe(false);
    },
  );

  it.each([
    ['10.1.0.0/16', '10.1.2.3', '10.2.0.1'],
    ['10.1.0.0/16', '::ffff:10.1.2.3', '::ffff:10.2.0.1'],
    ['192.168.7.7', '192.168.7.7', '192.168.7.8'],
    ['fd00:1::/32', 'fd00:1::5', 'fd00:2::5'],
    ['::1', '::1', '127.0.0.1'],
    ['0.0.0.0/0', '10.0.0.1', 'fd00::1'],
  ])('with %s allowed allows %s and not %s', (allowed, inside, outside) => {
    const guard = new AddressGuard([allowed]);
    expect(guard.isForbidden(inside)).toBe(false);
    expect(guard.isForbidden(outside)).toBe(true);
  });

  it.each([
    ['8.8.8.8 behind the well-known NAT64', '64:ff9b::808:808', [], false],
    ['10.0.0.1 behind the well-known NAT64', '64:ff9b::a00:1', ['64:ff9b::/96'], true],
    ['127.0.0.1 behind the well-known NAT64', '64:ff9b::127.0.0.1', ['64:ff9b::/96', '::/0'], true],
    ['10.0.0.1 behind the well-known NAT64, which is allowed', '64:ff9b::a00:1', ['10.0.0.0/8'], false],
    [
      '10.0.0.1 behind the well-known NAT64, which is allowed in this spelling',
      '64:ff9b::a00:1',
      ['64:ff9b::a00:0/104'],
      false,
    ],
    ['10.0.0.1, which is allowed in the spelling of NAT64', '10.0.0.1', ['64:ff9b::a00:0/104'], false],
    ['8.8.8.8 behind the NAT64 of this network', '2001:db8:64::808:808', [], false],
    ['10.0.0.1 behind the NAT64 of this network', '2001:db8:64::a00:1', ['2001:db8::/32'], true],
    ['10.0.0.1 behind a short prefix', '2a00:64:a00:1::', ['::/0'], true],
    ['10.0.0.1 behind a prefix of 64 bits', '2a00:65::a:0:100:0', [], true],
    ['8.8.8.8 behind a prefix of 64 bits', '2a00:65::8:808:800:0', [], false],
    ['10.0.0.1 behind 6to4', '2002:a00:1::1', ['2002::/16'], true],
    ['8.8.8.8 behind 6to4', '2002:808:808::1', ['2002::/16'], false],
    ['127.0.0.1 behind a local NAT64', '64:ff9b:1::7f00:1', ['64:ff9b:1::/48'], true],
    ['127.0.0.1 in an obsolete form', '::127.0.0.1', [], true],
    ['8.8.8.8 in an obsolete form', '::808:808', [], true],
    ['an address that is not assigned', '4000::1', [], true],
  ])('checks for %s the embedded address (%s, allowed %j)', (_case, address, allow, isForbidden) => {
    const guard = new AddressGuard(allow, ['2001:db8:64::/96', '2a00:64::/32', '2a00:65::/64']);
    expect(guard.isForbidden(address)).toBe(isForbidden);
  });

  it.each(['10/8', '10.0.0.0/33', 'localhost', '', '10.0.0.0/', '0x7f.1', '10.0.0.1 '])(
    'rejects %j as a range',
    (text) => {
      expect(() => new AddressGuard([text])).toThrow('neither an address nor a range');
    },
  );
});
