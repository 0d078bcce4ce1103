import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Tells addresses that strangers may make us connect to from those they may not: only what the
 * registries call global unicast, and what the operator has allowed besides.
 */
export class AddressGuard {
  private readonly allowed: readonly Range[];

  /**
   * @param allow addresses and CIDR ranges, `10.1.0.0/16`, `fd00::5`
   * @throws Error naming the first that is neither
   */
  constructor(allow: readonly string[] = []) {
    this.allowed = allow.map(parseRange);
  }

  /** Text that is no address is forbidden. */
  isForbidden(address: string): boolean {
    if (!ipaddr.isValid(address)) return true;
    // `::ffff:127.0.0.1` is 127.0.0.1 to whoever connects.
    const plain = ipaddr.process(address);
    return plain.range() !== 'unicast' && !this.allowed.some((range) => contains(range, plain));
  }
}

const contains = ([base, bits]: Range, address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  base.kind() === address.kind() && address.match(base, bits);

function parseRange(text: string): Range {
  const [address = '', bits] = text.split('/');
  // ipaddr.js also reads `10/8`, as 0.0.0.10/8.
  if (isIP(address) === 0 || (bits !== undefined && !ipaddr.isValidCIDR(text))) {
    throw new Error(`"${text}" is neither an address nor a range of addresses`);
  }
  if (bits !== undefined) return ipaddr.parseCIDR(text);
  const plain = ipaddr.process(address);
  return [plain, plain.kind() === 'ipv4' ? 32 : 128];
}
