import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../../src/app/http/request/client-address.js';

const ask = (peer: string, headers: Readonly<Record<string, string>> = {}) =>
  clientOf(['127.0.0.1/32', 'fd00::/8'])({ socket: { remoteAddress: peer }, headers } as unknown as Request);

describe('the address of a client', () => {
  it.each([
    ['that of a direct client', '203.0.113.7', {}, '203.0.113.7', true],
    ['that of a direct client on an IPv6 socket', '::ffff:203.0.113.7', {}, '203.0.113.7', true],
    ['that of a client with a zone', 'fe80::1%eth0', {}, 'fe80::1', true],
    ['that of a client behind a trusted proxy', '127.0.0.1', { 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7', true],
    [
      'that of a client behind a trusted proxy on an IPv6 socket',
      '::ffff:127.0.0.1',
      { 'x-forwarded-for': '::ffff:203.0.113.7' },
      '203.0.113.7',
      true,
    ],
    [
      'that of a client behind two trusted proxies',
      'fd00::1',
      { 'x-forwarded-for': '203.0.113.7, 127.0.0.1' },
      '203.0.113.7',
      true,
    ],
    [
      'that of a client that sends addresses of its own first',
      '127.0.0.1',
      { 'x-forwarded-for': '10.0.0.1, 203.0.113.7' },
      '203.0.113.7',
      true,
    ],
    ['that of a trusted proxy that uses another one', '127.0.0.1', { 'x-forwarded-for': 'fd00::2' }, 'fd00::2', true],
    ['that of an unknown proxy', '203.0.113.7', { 'x-forwarded-for': '10.0.0.1' }, '203.0.113.7', false],
    ['that of the proxy that forwards words', '127.0.0.1', { 'x-forwarded-for': '<script>' }, '127.0.0.1', false],
    [
      'that of the trusted proxy that forwards words',
      '127.0.0.1',
      { 'x-forwarded-for': 'words, fd00::2' },
      'fd00::2',
      false,
    ],
    [
      'that of an identity server that queries for a user',
      '10.0.0.7',
      { via: '1.1 id.b.example (Islet 0a1b2c3d)' },
      '10.0.0.7',
      true,
    ],
    [
      'that of the proxy of an identity server',
      '10.0.0.7',
      { via: '1.1 b (Islet 0a1b2c3d), 1.1 proxy' },
      '10.0.0.7',
      false,
    ],
    ['that of a proxy that names itself', '10.0.0.7', { via: '1.1 proxy (squid)' }, '10.0.0.7', false],
    ['that of the proxy if a header is not read', '127.0.0.1', { forwarded: 'for=203.0.113.7' }, '127.0.0.1', false],
  ])('is %s', (_case, peer, headers, address, isVerified) => {
    expect(ask(peer, headers)).toMatchObject({ address, isVerified: isVerified });
  });

  it('cannot be determined with an invalid range of proxies', () => {
    expect(() => clientOf(['proxy.example.org'])).toThrow('proxy.example.org');
    expect(() => clientOf(['10.0.0.0/33'])).toThrow('"10.0.0.0/33" is not a range');
  });
});
