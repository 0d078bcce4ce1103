import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { clientOf } from '../../../../src/app/http/request/client-address.js';

const ask = (peer: string, headers: Readonly<Record<string, string>> = {}) =>
  clientOf(['127.0.0.1/32', 'fd00::/8'])({ socket: { remoteAddress: peer }, headers } as unknown as Request);

describe('the client of a request', () => {
  it.each([
    ['one that comes by itself', '203.0.113.7', {}, '203.0.113.7', true],
    ['the same on an IPv6 socket', '::ffff:203.0.113.7', {}, '203.0.113.7', true],
    ['one with a zone', 'fe80::1%eth0', {}, 'fe80::1', true],
    ['one behind a trusted proxy', '127.0.0.1', { 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7', true],
    [
      'the same on an IPv6 socket',
      '::ffff:127.0.0.1',
      { 'x-forwarded-for': '::ffff:203.0.113.7' },
      '203.0.113.7',
      true,
    ],
    ['one behind two of them', 'fd00::1', { 'x-forwarded-for': '203.0.113.7, 127.0.0.1' }, '203.0.113.7', true],
    [
      'one that writes addresses of its own in front',
      '127.0.0.1',
      { 'x-forwarded-for': '10.0.0.1, 203.0.113.7' },
      '203.0.113.7',
      true,
    ],
    ['a trusted proxy that asks through another', '127.0.0.1', { 'x-forwarded-for': 'fd00::2' }, 'fd00::2', true],
    ['one behind an unknown proxy: the proxy', '203.0.113.7', { 'x-forwarded-for': '10.0.0.1' }, '203.0.113.7', false],
    ['words: the proxy that passes them on', '127.0.0.1', { 'x-forwarded-for': '<script>' }, '127.0.0.1', false],
    ['words behind a trusted proxy: that one', '127.0.0.1', { 'x-forwarded-for': 'words, fd00::2' }, 'fd00::2', false],
    [
      'an identity server that asks for somebody',
      '10.0.0.7',
      { via: '1.1 id.b.example (Islet 0a1b2c3d)' },
      '10.0.0.7',
      true,
    ],
    [
      'one that asks through a proxy: the proxy',
      '10.0.0.7',
      { via: '1.1 b (Islet 0a1b2c3d), 1.1 proxy' },
      '10.0.0.7',
      false,
    ],
    ['one behind a proxy that names itself: the proxy', '10.0.0.7', { via: '1.1 proxy (squid)' }, '10.0.0.7', false],
    ['a header that is not read: the proxy', '127.0.0.1', { forwarded: 'for=203.0.113.7' }, '127.0.0.1', false],
  ])('is %s', (_case, peer, headers, address, isVerified) => {
    expect(ask(peer, headers)).toMatchObject({ address, isVerified: isVerified });
  });

  it('is not guessed where a range of proxies is none', () => {
    expect(() => clientOf(['proxy.example.org'])).toThrow('proxy.example.org');
    expect(() => clientOf(['10.0.0.0/33'])).toThrow('"10.0.0.0/33" is not a range');
  });
});
