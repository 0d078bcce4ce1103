import { describe, expect, it } from 'vitest';
import { networkOf } from '../../../src/domain/identifiers/ip-network.js';

describe('networkOf', () => {
  it.each([
    ['an IPv4 address', '192.0.2.1', '192.0.2.1'],
    ['an IPv4 address mapped into IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
    ['a mapped IPv4 address in hexadecimal and capitals', '::FFFF:C000:201', '192.0.2.1'],
    ['a mapped IPv4 address without abbreviation', '0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['an IPv6 address', '2001:db8::1', '2001:db8:0:0::/64'],
    ['another address of the same network', '2001:DB8:0000:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
    ['an address of another network', '2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['an address with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['an address that ends in an abbreviation', '2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['an address that ends in an IPv4 address', '64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['loopback', '::1', '0:0:0:0::/64'],
  ])('maps %s to its network', (_case, address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each(['', 'unknown', '::1::2', '1:2:3', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', 'g::1', '::ffff:192.0.2.256'])(
    'returns the text %j, which is not an address, unchanged',
    (text) => {
      expect(networkOf(text)).toBe(text);
    },
  );
});
