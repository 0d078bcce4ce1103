import ipaddr from 'ipaddr.js';
import { type Address, type AddressRange, isInRange, parseAddress, parseRange } from '../shared/address-ranges.js';
import { carriedBy, isNat64Prefix, translators } from '../shared/nat64.js';

/** The part of IPv6 that is assigned as global unicast. */
const GLOBAL = parseRange('2000::/3');

/**
 * Decides which addresses may be connected to on behalf of untrusted clients: only globally routable unicast addresses,
 * and those allowed by the configuration. For NAT64 addresses the embedded IPv4 address is checked.
 */
export class AddressGuard {
  private readonly allowed: readonly AddressRange[];
  private readonly nat64: readonly AddressRange[];

  /**
   * @param allow addresses and CIDR ranges, `10.1.0.0/16`, `fd00::5`
   * @param nat64 NAT64 prefixes of this network in addition to `64:ff9b::/96`
   * @throws Error naming the first invalid entry
   */
  constructor(allow: readonly string[] = [], nat64: readonly string[] = []) {
    this.nat64 = translators(nat64.map(asRange));
    this.allowed = allow.map(asRange).flatMap((range) => this.translated(range));
  }

  /** Text that is not an address is forbidden. */
  isForbidden(text: string): boolean {
    const address = parseAddress(text);
    if (!address) return true;
    const { carried, isLocal } = carriedBy(address, this.nat64);
    if (carried && !isLocal) return !this.isPermitted(carried);
    // A tunnel address may lead to a different network, so the embedded address is checked as well.
    return !this.isPermitted(address) || (carried !== undefined && !this.isPermitted(carried));
  }

  private isPermitted(address: Address): boolean {
    return isPublic(address) || this.allowed.some((range) => isInRange(address, range));
  }

  /**
   * A range inside a NAT64 prefix is converted to IPv4. The prefix itself allows nothing, because embedded addresses
   * are checked separately.
   */
  private translated(range: AddressRange): readonly AddressRange[] {
    if (isNat64Prefix(range, this.nat64)) return [];
    const { carried, isLocal } = carriedBy(range.base, this.nat64);
    if (!carried || isLocal) return [range];
    return range.bits > 96 ? [{ base: carried, bits: range.bits - 96 }] : [];
  }
}

const isPublic = (address: Address): boolean =>
  address.range() === 'unicast' &&
  (address instanceof ipaddr.IPv4 || (GLOBAL !== undefined && isInRange(address, GLOBAL)));

function asRange(text: string): AddressRange {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`"${text}" is neither an address nor a range of addresses`);
  return range;
}
