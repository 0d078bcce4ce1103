import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

export interface AddressRange {
  readonly base: Address;
  readonly bits: number;
}

/** Prefix length of IPv4-mapped IPv6 addresses: a connection to `::ffff:10.0.0.1` goes to 10.0.0.1. */
const MAPPED_BITS = 96;

/** The address, or `undefined` if the text is not one. A zone (`%eth0`) is removed. */
export function parseAddress(text: string): Address | undefined {
  const plain = text.replace(/%.*$/, '');
  if (isIP(plain) === 4) return ipaddr.IPv4.parse(plain);
  if (isIP(plain) !== 6) return undefined;
  // The library mistakes `::192.0.2.1` for `::ffff:192.0.2.1`, but parses the hexadecimal form correctly.
  const address = ipaddr.IPv6.parse(new URL(`http://[${plain}]`).hostname.slice(1, -1));
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** `10.1.0.0/16`, `fd00::/8`, or a single address as a range of one; `undefined` for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', written, ...more] = text.split('/');
  const base = parseAddress(address);
  if (!base || more.length > 0 || address.includes('%')) return undefined;
  const full = base.kind() === 'ipv4' ? 32 : 128;
  if (written === undefined) return { base, bits: full };
  const isMapped = base.kind() === 'ipv4' && isIP(address) === 6;
  const bits = Number(written) - (isMapped ? MAPPED_BITS : 0);
  return /^\d{1,3}$/.test(written) && bits >= 0 && bits <= full ? { base, bits } : undefined;
}

export const isInRange = (address: Address, { base, bits }: AddressRange): boolean =>
  base.kind() === address.kind() && address.match(base, bits);
