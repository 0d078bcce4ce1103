import { describe, expect, it } from 'vitest';
import { networkOf } from '../../../src/domain/identifiers/ip-network.js';

describe('networkOf', () => {
  it.each([
    ['an IPv4 address', '192.0.2.1', '192.0.2.1'],
    ['one mapped into IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
    ['one mapped in hexadecimal and capitals', '::FFFF:C000:201', '192.0.2.1'],
    ['one mapped without abbreviation', '0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['an IPv6 address', '2001:db8::1', '2001:db8:0:0::/64'],
    ['another one of its network', '2001:DB8:0000:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
    ['one of another network', '2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['one with a zone', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['one that ends in an abbreviation', '2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['one with an IPv4 address at its end', '64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['loopback', '::1', '0:0:0:0::/64'],
  ])('takes %s for its network', (_case, address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each(['', 'unknown', '::1::2', '1:2:3', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', 'g::1', '::ffff:192.0.2.256'])(
    'lets the text %j, which is no address, stand for itself',
    (text) => {
      expect(networkOf(text)).toBe(text);
    },
  );
});
