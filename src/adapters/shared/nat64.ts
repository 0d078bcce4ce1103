import ipaddr from 'ipaddr.js';
import { type Address, type AddressRange, isInRange, parseRange } from './address-ranges.js';

/** RFC 6052, 2.2: allowed prefix lengths. */
const LENGTHS: readonly number[] = [32, 40, 48, 56, 64, 96];

const range = (text: string): AddressRange => {
  const parsed = parseRange(text);
  if (!parsed) throw new Error(`"${text}" is not a range of IP addresses`);
  return parsed;
};

const WELL_KNOWN = range('64:ff9b::/96');
/** Address formats that contain an IPv4 address and are not public: RFC 8215, RFC 3056, RFC 7915. */
const LOCAL_NAT64 = range('64:ff9b:1::/48');
const SIX_TO_FOUR = range('2002::/16');
const TRANSLATED = range('::ffff:0:0:0/96');

/** The NAT64 prefixes: the well-known one, and those of this network. */
export const translators = (own: readonly AddressRange[]): readonly AddressRange[] => [WELL_KNOWN, ...own];

/** Whether a range can be a NAT64 prefix. */
export const canBeNat64Prefix = ({ base, bits }: AddressRange): boolean =>
  base.kind() === 'ipv6' && LENGTHS.includes(bits);

/** Whether a range is one of these prefixes. */
export const isNat64Prefix = (wide: AddressRange, prefixes: readonly AddressRange[]): boolean =>
  prefixes.some(({ base, bits }) => wide.bits === bits && isInRange(base, wide));

/** The IPv4 address that an IPv6 address leads to through NAT64. `isLocal` if the format itself is not public. */
export function carriedBy(
  address: Address,
  prefixes: readonly AddressRange[],
): { readonly carried: ipaddr.IPv4 | undefined; readonly isLocal: boolean } {
  if (address instanceof ipaddr.IPv4) return { carried: undefined, isLocal: false };
  const prefix = prefixes.find((candidate) => isInRange(address, candidate));
  if (prefix) return { carried: embedded(address, prefix.bits), isLocal: false };
  const octets = address.toByteArray();
  if (isInRange(address, SIX_TO_FOUR)) return { carried: new ipaddr.IPv4(octets.slice(2, 6)), isLocal: true };
  const isLastOf = [LOCAL_NAT64, TRANSLATED].some((network) => isInRange(address, network));
  return { carried: isLastOf ? new ipaddr.IPv4(octets.slice(12)) : undefined, isLocal: true };
}

/** RFC 6052, 2.2: bits 64 to 71 are not part of the address. */
function embedded(address: ipaddr.IPv6, bits: number): ipaddr.IPv4 {
  const octets = address.toByteArray();
  const at = bits / 8;
  return new ipaddr.IPv4(bits === 96 ? octets.slice(12) : octets.toSpliced(8, 1).slice(at, at + 4));
}
